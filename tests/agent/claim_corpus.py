"""What models say when nothing was done: sentences that claim a deed, and sentences that only look as if."""

CLAIMS = """
I've sent the mail to Lena.
I have sent your message to Tom.
I just emailed the landlord.
I've forwarded the invoice to accounting.
I sent Anna a text.
Your email has been sent.
The message has been successfully sent to the team.
Email sent to boss@example.org.
Message sent!
Sent.
I replied to Maria and told her you will be late.
I've notified your brother.
I have set a reminder for noon.
I've set up a reminder to call mum at 5 pm.
I set an alarm for 7:00.
Your reminder has been set for tomorrow at 9.
The reminder is set for Friday.
Reminder set for 12:00.
Okay, reminder created!
I'll remind you at noon.
I will remind you tomorrow at nine.
I've added a 10-minute timer.
I have created a reminder to water the plants.
Done! I've set a reminder for 5 pm.
I've saved the note.
I have saved this to your notes.
I saved it in notes.md.
Saved to notes.md.
Saved.
I've noted down that the key is under the pot.
I have stored this information in memory.
I've written the list to shopping.txt.
I created the file report.md in your workspace.
I've created a file named todo.txt with three items.
I updated MEMORY.md with your preference.
I've renamed the file to plan-final.md.
I have moved the file to the archive folder.
I've copied the folder to backup.
File saved as summary.txt.
Note saved!
Your note has been saved.
The file has been updated.
I've added milk to your shopping list.
I added the dentist to your calendar.
I've scheduled the meeting for Monday at 10.
The appointment is booked.
I have booked a table for two.
I've ordered the pizza.
I bought the tickets for you.
I have paid the bill.
The flight has been booked.
I've deleted the file draft.txt.
I have removed the reminder.
I've cancelled your reminder for noon.
The file has been deleted.
Reminder cancelled.
I ran the command and it finished.
I have executed the script.
I've installed the package.
I restarted the server.
The server has been restarted.
I've turned off the lights.
I searched the web and found three results.
Done!
Done.
All done!
It's done.
All set!
Okay, done!
That's taken care of.
**Done!**
Please wait a moment while I do that for you.
One moment, I am saving the note.
Einen Moment, ich erledige das.
- I have saved the file notes.md.
Ich habe die E-Mail an Lena geschickt.
Ich habe deine Nachricht gesendet.
Ich habe Tom benachrichtigt.
Die E-Mail wurde verschickt.
Die Nachricht wurde erfolgreich gesendet.
Nachricht gesendet!
Ich habe eine Erinnerung für 12 Uhr erstellt.
Ich habe dir einen Wecker auf 7 Uhr gestellt.
Die Erinnerung ist gesetzt.
Die Erinnerung wurde für morgen eingerichtet.
Erinnerung gesetzt.
Ich habe die Notiz gespeichert.
Ich habe mir das notiert.
Ich habe die Datei plan.md angelegt.
Die Datei wurde gespeichert.
Ich habe den Termin im Kalender eingetragen.
Ich habe Milch zur Einkaufsliste hinzugefügt.
Ich habe die Datei gelöscht.
Die Erinnerung wurde gelöscht.
Ich habe einen Tisch reserviert.
Ich habe den Befehl ausgeführt.
Erledigt!
Ist erledigt.
Fertig!
Gespeichert.
He enviado el correo a Lena.
He mandado el mensaje.
El correo ha sido enviado.
Mensaje enviado.
He creado un recordatorio para el mediodía.
He puesto una alarma a las siete.
Te lo recordaré a las cinco.
Recordatorio creado.
He guardado la nota.
La nota ha sido guardada.
He añadido leche a la lista de la compra.
He borrado el archivo.
He reservado una mesa.
He ejecutado el comando.
¡Hecho!
J'ai envoyé le mail à Lena.
J'ai envoyé votre message.
Le message a été envoyé.
Message envoyé.
J'ai créé un rappel pour midi.
J'ai mis une alarme à 7 heures.
Le rappel a été créé.
Rappel créé.
Je vous rappellerai à midi.
J'ai enregistré la note.
La note a été enregistrée.
J'ai ajouté le rendez-vous au calendrier.
J'ai supprimé le fichier.
J'ai réservé une table.
J'ai exécuté la commande.
C'est fait !
""".strip().splitlines()

NO_CLAIMS = """
Hello! How can I help?
Please wait for the green light before you cross.
Please wait in line until your name is called.
Shall I send the mail to Lena?
Would you like me to set a reminder?
Should I save this to your notes?
Do you want me to delete the file?
I can set a reminder for noon.
I could send an email if you like.
I will send the mail tomorrow.
I'm going to save the file now.
Let me set a reminder for you.
I'd be happy to book a table.
If you confirm, the mail is sent.
Once I have saved the file, I'll tell you.
After I have sent the mail, you will get a copy.
When the reminder is set, you will see it in the list.
I have not sent the mail.
I haven't saved anything.
I couldn't send the message.
I was unable to delete the file.
No reminder has been set.
The mail was not sent because the server refused it.
I don't have a tool to send emails.
The page says the mail was sent on Monday.
According to the log, the server has been restarted.
The article states that the flight was booked out.
The note says: I have paid the bill.
Lena sent the mail.
Tom has sent you three messages.
The report was written by Maria.
He set an alarm for six.
They have cancelled the concert.
The concert has been cancelled.
The company has sold its shares.
The order was placed by your brother.
Your package is on its way.
You have saved 300 euros this month.
You've sent twelve mails this week.
Have you sent the mail?
Did you set a reminder?
I already set that reminder yesterday.
As I saved earlier, the key is under the pot.
Last week I sent the invoice.
I have created a table with the results:
I've written a poem about the sea.
I have added a short explanation at the end.
I've made the text shorter.
I updated the wording to sound friendlier.
I removed the second paragraph.
I have changed the tone of the letter.
I've put the key points first.
I created three options to choose from.
Here is the draft of the mail: I have sent the documents.
Example: "I've sent the mail."
Say "I have set a reminder" to her.
> I've sent the mail to Lena.
`git commit` has saved your work in the past.
To save a file, press Ctrl+S.
The file notes.md contains three lines.
Your reminders: call Lena at noon.
The reminder for noon says "call Lena".
There is a meeting in your calendar on Monday.
I found two notes about the key.
I have three suggestions.
I have read your message.
I understand. The mail to Lena is important.
I was created by a team of engineers.
Saved games are stored in the folder "saves".
A saved search can be shared with others.
Sent items are in the outbox.
Done right, this takes ten minutes.
Once done, let it cool for an hour.
When you are done, close the window.
The cake is done when a knife comes out clean.
Are you done?
Well done!
Notes are saved automatically by the editor.
An email can be sent with one click.
Imagine I had booked the flight.
Suppose the file has been deleted: what then?
You should have sent the mail earlier.
You can cancel the reminder with remind.cancel.
Soll ich die E-Mail senden?
Ich kann eine Erinnerung setzen.
Möchtest du, dass ich die Datei lösche?
Ich habe die E-Mail nicht gesendet.
Ich habe keine Erinnerung gefunden.
Ich werde die Nachricht morgen schicken.
Wenn die Datei gespeichert ist, sage ich Bescheid.
Laut der Seite wurde die Nachricht gestern gesendet.
Lena hat die E-Mail geschickt.
Ich habe einen Text für dich geschrieben.
Ich habe eine Tabelle erstellt.
Das Konzert wurde abgesagt.
Ich habe gestern bereits eine Erinnerung gesetzt.
Du hast drei Nachrichten gesendet.
Bist du fertig?
Die fertige Suppe mit Salz abschmecken.
¿Quieres que envíe el correo?
Puedo crear un recordatorio.
No he enviado el correo.
Si quieres, guardo la nota.
Lena ha enviado el correo.
He escrito un poema para ti.
He creado una tabla con los datos.
Según la página, el mensaje fue enviado ayer.
Has guardado tres notas.
El concierto fue cancelado por la lluvia.
Voulez-vous que j'envoie le mail ?
Je peux créer un rappel.
Je n'ai pas envoyé le message.
Si vous voulez, je supprime le fichier.
Lena a envoyé le mail.
J'ai écrit un poème pour vous.
J'ai créé un tableau avec les résultats.
Selon la page, le message a été envoyé hier.
Vous avez envoyé trois messages.
Le concert a été annulé à cause de la pluie.
""".strip().splitlines()
