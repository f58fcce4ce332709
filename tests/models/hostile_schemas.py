"""Schemas that break llama.cpp's grammars, or let them through unheld, each in the words of the issue that met it."""

from homarus.domain.content import Json, JsonObject


def of(**properties: Json) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _deep(levels: int) -> Json:
    made: Json = {"type": "string"}
    for _level in range(levels):
        made = {"type": "object", "properties": {"a": made}, "required": ["a"]}
    return made


def _fork(levels: int) -> JsonObject:
    """Two references to the next level on each: 2 to the power of the levels when written out."""
    two = {f"L{n}": of(a={"$ref": f"#/$defs/L{n + 1}"}, b={"$ref": f"#/$defs/L{n + 1}"}) for n in range(levels)}
    return {**of(root={"$ref": "#/$defs/L0"}), "$defs": {**two, f"L{levels}": {"type": "string"}}}


HOSTILE: dict[str, JsonObject] = {
    "lookahead": of(a={"type": "string", "pattern": "^(?=a)b$"}),
    "digits": of(a={"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}),
    "unanchored": of(a={"type": "string", "pattern": "abc"}),
    "escaped for nothing": of(a={"type": "string", "pattern": "^hello\\!$"}),
    "broken pattern": of(a={"type": "string", "pattern": "(["}),
    "huge maxLength": of(a={"type": "array", "items": {"type": "string", "maxLength": 65536}}),
    "huge minItems": of(a={"type": "array", "items": {"type": "string"}, "minItems": 5000}),
    "huge maxItems": of(a={"type": "array", "items": {"type": "string"}, "maxItems": 100_000}),
    "more than most": of(a={"type": "array", "items": {}, "minItems": 9, "maxItems": 3}),
    "odd format": of(a={"type": "string", "format": "nonsense"}),
    "cycle": {**of(n={"$ref": "#/$defs/N"}), "$defs": {"N": of(next={"$ref": "#/$defs/N"})}},
    "itself": {**of(n={"$ref": "#/$defs/N"}), "$defs": {"N": {"$ref": "#/$defs/N"}}},
    "root": of(n={"$ref": "#"}),
    "elsewhere": of(a={"$ref": "https://example.org/x.json"}),
    "nowhere": of(a={"$ref": "#/$defs/Nope"}),
    "exponential": _fork(20),
    "overlapping oneOf": of(a={"oneOf": [{"type": "string"}, {"type": "string", "minLength": 2}]}),
    "schema for the rest": of(a={"type": "object", "additionalProperties": {"type": "string", "pattern": "^(?!x)"}}),
    "rest beside": {**of(a={"type": "string"}), "additionalProperties": {"type": "integer"}},
    "not": of(a={"not": {"type": "string"}}),
    "if": {**of(a={"type": "string"}), "if": {"properties": {"a": {"const": "x"}}}, "then": {"required": ["b"]}},
    "patternProperties": {"type": "object", "patternProperties": {"^x": {"type": "string"}}},
    "true": of(a=True),
    "false": of(a=False),
    "unknown type": of(a={"type": "file"}),
    "several types": of(a={"type": ["string", "null"]}),
    "no choices": of(a={"enum": []}),
    "objects as choices": of(a={"enum": [{"x": 1}, [2]]}),
    "5,000 choices": of(a={"enum": [f"v{n}" for n in range(5000)]}),
    "choices with marks": of(a={"enum": ["a\nb", 'q"q', "b\\s", None, 3, 0.5, True]}),
    "an object as the only value": of(a={"const": {"x": 1}}),
    "tuple": of(a={"type": "array", "items": [{"type": "string"}, {"type": "number"}]}),
    "prefixItems": of(a={"type": "array", "prefixItems": [{"type": "string"}], "items": False}),
    "allOf": of(a={"allOf": [of(x={"type": "string"}), of(y={"$ref": "#"})]}),
    "odd names": of(**{'a"b': {}, "": {}, "ä ö": {}, "a\nb": {"type": "integer"}, "$x": {}, "a\\b": {}, "{}": {}}),
    "deep": of(a=_deep(60)),
    "endless integer": of(a={"type": "integer", "minimum": -(10**30), "maximum": 10**30}),
    "half an integer": of(a={"type": "integer", "minimum": 0.5}),
    "impossible": of(a={"type": "integer", "minimum": 5, "maximum": 3}),
    "nothing": {},
    "an array": {"type": "array"},
    "a list of properties": {"type": "object", "properties": []},
    "required and absent": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b", 3]},
    "no alternatives": of(a={"anyOf": []}),
    "an alternative that is anything": of(a={"anyOf": [{}, {"type": "string"}]}),
    "null as a type": of(a={"type": None}),
    "300 properties": {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(300)}},
    "no items": of(a={"type": "array", "items": False}),
    "dynamic": of(a={"$dynamicRef": "#x"}),
    "contains": of(a={"type": "array", "contains": {"type": "string"}, "uniqueItems": True}),
    "multipleOf": of(a={"type": "number", "multipleOf": 0.01, "exclusiveMinimum": 0}),
    "half a letter": of(a={"type": "string", "description": "\ud800"}),
}
