"""Work that starts without a message: schedules, runs, and what people see of them."""
