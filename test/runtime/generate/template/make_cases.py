#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Renders templates with the jinja2 package, set up as `apply_chat_template` of
the transformers library does it, and writes what comes out to cases.json, which
TemplateTest.cpp compares with.

    python3 make_cases.py          # needs jinja2 3.1.6
"""

import datetime
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.sandbox

from snippets import SNIPPETS, VARIABLES

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2024, 7, 4, 15, 2, 9)


class Generation(jinja2.ext.Extension):
    """{% generation %} marks the assistant's text for training; it prints as it is."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_print"), [], [], body).set_lineno(line)

    def _print(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda text: NOW.strftime(text)
    return env


def case(name, template, variables):
    result = {"name": name, "template": template, "variables": variables}
    try:
        result["expected"] = environment().from_string(template).render(**variables)
    except Exception as error:  # whatever Python raises, it is an error
        result["error"] = str(error)
    return result


def message(role, content, **more):
    return {"role": role, "content": content, **more}


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place, in \"SI\" units — °C",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "a town"},
                "days": {"type": "array", "items": {"type": "integer"}},
                "unit": {"type": "string", "enum": ["C", "F"]},
            },
            "required": ["place"],
        },
        "return": {"type": "number"},
    },
}
CALL = {"id": "abc123def", "type": "function", "function": {"name": "get_weather", "arguments": {"place": "Zürich", "days": [1, 2.5, None, True]}}}

CONVERSATIONS = {
    "question": {"messages": [message("user", "What is 2 + 2?")]},
    "with system": {"messages": [message("system", "You are terse."), message("user", "  Hi!\n")]},
    "turns": {
        "messages": [
            message("user", "Hello"),
            message("assistant", " Hi, what can I do for you? "),
            message("user", "Tell me 日本語 & <b>\"quotes\"</b> 'x' 🦊"),
        ]
    },
    "turns with system": {
        "messages": [
            message("system", "Be kind.\n\nAlways."),
            message("user", "a"),
            message("assistant", "b"),
            message("user", "c"),
            message("assistant", "<think>\nhm\n</think>\n\nd"),
        ]
    },
    "no generation prompt": {"messages": [message("user", "x"), message("assistant", "y")], "add_generation_prompt": False},
    "wrong order": {"messages": [message("assistant", "I begin"), message("assistant", "twice")]},
    "empty content": {"messages": [message("system", ""), message("user", "")]},
    "tools": {"messages": [message("user", "Weather in Zürich?")], "tools": [WEATHER, WEATHER]},
    "tool call": {
        "messages": [
            message("system", "Use tools."),
            message("user", "Weather in Zürich?"),
            message("assistant", None, tool_calls=[CALL]),
            message("tool", "20.5", tool_call_id="abc123def", name="get_weather"),
            message("assistant", "It is 20.5 °C."),
            message("user", "Thanks"),
        ],
        "tools": [WEATHER],
    },
    "parts": {
        "messages": [
            message("system", [{"type": "text", "text": "See."}]),
            message("user", [{"type": "image"}, {"type": "text", "text": " What is this? "}]),
        ]
    },
    "options": {
        "messages": [message("user", "Think?")],
        "enable_thinking": False,
        "thinking": True,
        "date_string": "1 Jan 2000",
        "tools_in_user_message": False,
        "tools": [WEATHER],
    },
    "nothing": {"messages": []},
}


def main():
    cases = []
    for path in sorted((HERE / "templates").glob("*.jinja")):
        # As in tokenizer_config.json: no newline at the end.
        text = path.read_text().removesuffix("\n")
        for name, variables in CONVERSATIONS.items():
            variables = {"bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": True, **variables}
            cases.append(case(f"{path.stem}, {name}", text, variables) | {"template": path.name})
    for template in SNIPPETS:
        cases.append({key: value for key, value in case(template, template, VARIABLES).items() if key not in ("variables", "name")})
    data = {"now": NOW.isoformat(), "variables": VARIABLES, "cases": cases}
    (HERE / "cases.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    print(len(cases), "cases,", sum("error" in case for case in cases), "of them errors")


if __name__ == "__main__":
    main()
