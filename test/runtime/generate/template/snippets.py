# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small templates, each about one thing, for make_cases.py."""

VARIABLES = {
    "text": "Hello, w日rld! 🦊",
    "padded": "  \n padded\t\n",
    "number": 7,
    "negative": -3,
    "real": 2.5,
    "yes": True,
    "no": False,
    "nothing": None,
    "empty": "",
    "words": ["one", "Two", "three", "two"],
    "numbers": [3, 1, 2, 3],
    "none_at_all": [],
    "nested": {"a": {"b": [10, {"c": "deep"}]}, "items": "shadow", "x-y": 1},
    "people": [
        {"name": "Ada", "age": 36, "tags": ["math"]},
        {"name": "bob", "age": 25, "tags": []},
        {"name": "Cleo", "age": None},
    ],
    "quote": "it's \"so\"\\\n\t\u0001",
    "numeric": " 42 ",
    "lines": "a\nb\n\nc",
}

_EXPRESSIONS = """
number
real
1.0
1e3
1.5e-7
1e16
1e15
123456789.125
0.1 + 0.2
10000000000000000000000.0
yes
nothing
missing
words
nested
people
(1,)
(1, 'a')
()
[]
{}
{'a': 1, 'b': [none, true, 1.5, "it's"]}
quote
[quote]
'a' 'b' "c"
'\\x41\\u00e9\\n\\t\\\\\\'\\"\\101\\q'
number + 1
number - 10
number * 2
number / 2
number // 2
negative // 2
number % 3
negative % 3
negative % -2
real % 1
-real // 2
2 ** 10
2 ** -1
2 ** 3 ** 2
-2 ** 2
7 / 0
7 // 0
7 % 0
real / 0
text + 'x'
text + 1
text ~ 1 ~ none ~ real ~ yes
words + ['x']
words + 'x'
[1] + (2,)
'ab' * 3
3 * 'ab'
[1, 2] * 2
'ab' * -1
'a' + 'b' ~ 'c' + 'd'
1 + 2 ~ 3 + 4
1 + 2 * 3 - 4
(1 + 2) * 3
-number
+number
--number
not number
not missing
not not words
yes + yes
number == 7
number == 7.0
number == '7'
number != 7
words == ['one', 'Two', 'three', 'two']
nested == nested
1 < 2 < 3
1 < 3 < 2
3 > 2 >= 2
'a' < 'b'
'a' < 1
[1, 2] < [1, 3]
none < 1
missing < 1
missing == none
missing == missing2
none == none
yes == 1
'one' in words
'x' in words
'x' not in words
'w日r' in text
'' in text
1 in text
'a' in nested
'q' in nested
'q' not in nested
1 in 5
'a' in missing
yes and no
yes and 'x'
no or 'y'
'' or none or 'z'
no and missing.foo
1 if yes else 2
1 if no else 2
1 if no
'a' if no else 'b' if no else 'c'
(1 if yes else 2) + 1
text.upper()
text.lower()
'hello world-it is'.title()
'hELLO'.capitalize()
padded.strip()
padded.lstrip()
padded.rstrip()
'xxaxx'.strip('x')
'xyaxy'.lstrip('yx')
'xyaxy'.rstrip('yx')
'\\u00a0 x\\u3000'.strip()
'a,b,,c'.split(',')
'a,b,,c'.split(',', 1)
'a,b,,c'.rsplit(',', 1)
' a  b\\tc '.split()
' a  b\\tc '.split(none, 1)
'a--b'.split('--')
'abc'.split('')
''.split(',')
''.split()
lines.splitlines()
'a\\r\\nb\\n'.splitlines(true)
text.startswith('Hello')
text.startswith(('x', 'H'))
text.endswith('🦊')
text.endswith('x')
text.replace('l', 'L')
text.replace('l', 'L', 1)
'abc'.replace('', '-')
'aé'.replace('', '-')
text.find('w')
text.find('zz')
text.find('!')
text.rfind('l')
text.index('zz')
'aXbXc'.count('X')
'abc'.count('')
', '.join(words)
''.join([])
','.join([1])
'42'.isdigit()
'4.2'.isdigit()
''.isdigit()
'abc'.isalpha()
'ab1'.isalpha()
'ab1'.isalnum()
' \\t'.isspace()
'AB'.isupper()
'aB'.islower()
'prefix-x'.removeprefix('prefix-')
'x.txt'.removesuffix('.txt')
text.nope()
text.nope
text.upper(1)
text[0]
text[-1]
text[7:12]
text[::-1]
text[::2]
text[100]
text[:-2]
words[0]
words[-1]
words[9]
words[1:]
words[:-1]
words[::-1]
words[3:0:-1]
words[::0]
words[-2:]
words[10:20]
words[-100:2]
words['x']
words.1
words[:2][0]
words[1:'a']
nested.a.b
nested.a.b[0]
nested['a']['b'][1]['c']
nested['x-y']
nested.items() | list
nested['items']
nested.q
nested.q.r
nested.q | default('d')
nested.get('a').get('zz', 5)
nested.get('zz')
nested.keys() | list
nested.values() | list
nested.items() | list | length
nothing.foo
nothing['foo']
number.foo
number[0]
missing.foo
missing['foo']
missing()
number()
missing | default('x')
missing | default
empty | default('x')
empty | default('x', true)
empty | d('x', boolean=true)
nothing | default('x')
padded | trim
'xax' | trim('x')
number | trim
missing | trim
text | upper
text | lower
text | title
text | capitalize
text | length
words | length
nested | count
number | length
nothing | length
missing | length
words | join
words | join(', ')
words | join(1)
[1, none, 'x', 2.5] | join('-')
people | join(',', attribute='name')
missing | join(',')
number | join(',')
quote | tojson
nested | tojson
nested | tojson(indent=2)
[] | tojson(indent=2)
{} | tojson(indent=2)
[[], {}, [1]] | tojson(indent=1)
people | tojson
people | tojson(sort_keys=true)
text | tojson
'\\u2028\\x7f' | tojson
missing | tojson
[1.0, 1e20, 0.00001, -0.5] | tojson
words | first
words | last
none_at_all | first
none_at_all | first | default('none')
text | first
text | last
number | first
text | replace('l', 'L')
text | replace('l', 'L', 2)
number | replace('7', '8')
nested | items | list | length
missing | items | list
number | items | list
words | list
text | list
nested | list
missing | list
nothing | list
numeric | int
'x' | int
'x' | int(5)
'4.7' | int
real | int
yes | int
'-8' | int
'4.5' | float
'x' | float
'x' | float(1.5)
number | float
number | string
nothing | string
words | string
-3 | abs
2.5 | abs
'x' | abs
2.567 | round
2.567 | round(2)
2.5 | round
3.5 | round
-2.5 | round
2.1 | round(0, 'ceil')
2.9 | round(method='floor')
7 | round
numbers | sum
people | sum(attribute='zz')
[] | sum
numbers | sum(start=10)
numbers | min
numbers | max
words | max
[] | max
numbers | sort
numbers | sort(reverse=true)
words | sort
words | sort(case_sensitive=true)
people | sort(attribute='name') | map(attribute='name') | list
people | sort(attribute='age')
[1, 'a'] | sort
numbers | unique | list
words | unique | list
['a', 'A', 'b'] | unique(case_sensitive=true) | list
numbers | reverse | list
text | reverse
nested | dictsort | length
{'b': 1, 'a': 2, 'C': 3} | dictsort
{'b': 1, 'a': 2} | dictsort(by='value')
{'b': 1, 'a': 2} | dictsort(reverse=true)
lines | indent
lines | indent(2)
lines | indent(2, true)
lines | indent(2, blank=true)
lines | indent('> ')
text | safe
text | nofilter
text | upper | lower | length
people | selectattr('age') | list | length
people | selectattr('age', 'none') | map(attribute='name') | list
people | selectattr('name', 'equalto', 'bob') | list
people | selectattr('name', '==', 'bob') | first
people | rejectattr('age', 'none') | map(attribute='name') | join('+')
people | selectattr('age', 'gt', 30) | map(attribute='name') | list
people | selectattr('tags', 'defined') | list | length
people | map(attribute='tags', default='-') | list
people | map(attribute='tags.0') | list
words | map('upper') | list
words | map('replace', 'o', '0') | list
words | map('length') | sum
words | map | list
numbers | select('odd') | list
numbers | select | list
numbers | reject('odd') | list
numbers | select('divisibleby', 3) | list
numbers | select('nope') | list
words | select('in', ['one', 'two']) | list
number is defined
missing is defined
missing is undefined
missing is not defined
nothing is none
nothing is not none
number is none
text is string
number is string
nested is mapping
words is mapping
words is iterable
text is iterable
number is iterable
missing is iterable
words is sequence
nested is sequence
number is sequence
number is number
yes is number
real is number
number is integer
yes is integer
real is float
number is float
yes is boolean
yes is true
no is false
number is true
number is odd
number is even
text is odd
number is divisibleby 7
number is divisibleby(2)
number is eq 7
number is equalto(8)
number is ne 7
number is gt 3
number is lt 3
number is ge 7
number is in [1, 7]
'abc' is lower
'ABC' is upper
number is sameas number
nothing is sameas none
number is nope
range is callable
number is callable
text is defined and text
text is not string or 1
not text is string
(number is defined) ~ 'x'
range(4) | list
range(2, 5) | list
range(5, 0, -2) | list
range(0) | list
range(1000000) | list | length
range(0, 5, 0) | list
range('a')
dict(a=1, b='x')
namespace(a=1).a
namespace(a=1).b
strftime_now('%Y-%m-%d')
strftime_now('%d %b %Y, %H:%M:%S %A %B %j %-d %%')
raise_exception('told so')
words.append('x')
words.index('Two')
words.count('two')
words.index('zzz')
loop
"a\\
b"
[1, 2, 3,]
{'a': 1,}
words | length > 3
words | length - 1
-words | length
text.upper().lower().split(',')[0][1:3] | upper
people[0].name ~ people[-1]['name']
people[0].tags[0] | default('none')
people[1].tags[0] | default('none')
(words | first).upper()
(1, 2) == (1, 2)
(1, 2) == [1, 2]
1 == true
'1' == 1
[1, [2, [3, []]]] | tojson
"{{ not a tag }}"
'%}' ~ "}}"
{'a': {'b': {'c': 1}}}.a.b.c
9223372036854775807
none ~ ''
true and false
True == true
None is none
false or none
1_000
""".strip().split("\n")

SNIPPETS = ["{{ " + text.replace("\\\\", "\\") + " }}" for text in _EXPRESSIONS] + [
    "",
    "plain",
    "plain\n",
    "plain\n\n",
    "a\r\nb\rc",
    "{{ 1 }}\n{{ 2 }}\n",
    "a\n  {% if yes %}\nb\n  {% endif %}\nc",
    "a\n  {%+ if yes %}\nb\n  {%+ endif %}\nc",
    "a\n  {% if yes +%}\nb\n  {% endif +%}\nc",
    "a \n {%- if yes -%} \n b \n {%- endif -%} \n c",
    "a {{- 1 -}} b {{ 2 -}}  \n c {{- 3 }} d",
    "a {# comment #} b\n  {# alone #}\nc {#- both -#} d\n{#+ plus +#}\ne",
    "{# {{ 1 }} {% if %} #}x",
    "  {% if yes %}x{% endif %}  \n  y",
    "x {% if yes %} y {% endif %} z",
    "{% if yes %}\n\n\nx\n{% endif %}\n",
    "\n\n{% if yes %}x{% endif %}\n\n",
    "{% raw %}{{ x }}{% if %}{% endraw %}",
    "a {%- raw -%}  {{ x }}  {%- endraw -%} b",
    "{% raw %}\nx\n{% endraw %}\ny",
    "{{ '{{' }}{{ \"%}\" }}",
    "{ { }} {%",
    "{{ 1",
    "{% if yes %}",
    "{% if yes %}{% endfor %}",
    "{% endif %}",
    "{# open",
    "{% raw %} open",
    "{{ }}",
    "{{ 1 2 }}",
    "{{ (1 }}",
    "{{ 1) }}",
    "{{ 'open }}",
    "{{ a. }}",
    "{{ [1, }}",
    "{{ $ }}",
    "{% nope %}",
    "{% %}",
    "{% if %}x{% endif %}",
    "{% for x %}{% endfor %}",
    "{% for x in %}{% endfor %}",
    "{% set %}",
    "{% set x = %}",
    "{% set true = 1 %}",
    "{% if no %}a{% elif number == 7 %}b{% else %}c{% endif %}",
    "{% if no %}a{% elif no %}b{% else %}c{% endif %}",
    "{% if missing %}a{% else %}b{% endif %}",
    "{% for w in words %}{{ loop.index }}/{{ loop.length }}:{{ w }} {% endfor %}",
    "{% for w in words %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }};{% endfor %}",
    "{% for w in words %}{{ loop.previtem | default('-') }}<{{ w }}>{{ loop.nextitem | default('-') }} {% endfor %}",
    "{% for w in words if w != 'Two' %}{{ loop.index }}{{ w }}{{ loop.last }} {% endfor %}",
    "{% for w in words if w == 'zz' %}x{% else %}none{% endfor %}",
    "{% for w in none_at_all %}x{% else %}none{% endfor %}",
    "{% for w in missing %}x{% else %}none{% endfor %}",
    "{% for w in nothing %}x{% endfor %}",
    "{% for w in number %}x{% endfor %}",
    "{% for c in text %}{{ c }}|{% endfor %}",
    "{% for k in nested %}{{ k }} {% endfor %}",
    "{% for k, v in nested.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in nested | items %}{{ k }};{% endfor %}",
    "{% for a, b in [(1, 2), [3, 4]] %}{{ a + b }};{% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}x{% endfor %}",
    "{% for (a, b) in [(1, 2)] %}{{ a }}{{ b }}{% endfor %}",
    "{% for x in 1, 2, 3 %}{{ x }}{% endfor %}",
    "{% for a in [1, 2] %}{% for b in [3, 4] %}{{ loop.depth }}{{ a }}{{ b }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% for a in [1, 2] %}{% set outer = loop %}{% for b in [3, 4] %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}",
    "{% for x in numbers %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in numbers %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{{ loop.last }}{% endfor %}",
    "{% for x in numbers %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }} {% endfor %}",
    "{% break %}",
    "{% for x in [1] %}{{ loop.nope }}{% endfor %}",
    "{% set x = 1 %}{% for y in [1, 2] %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}",
    "{% for y in [1] %}{% set inner = 5 %}{% endfor %}{{ inner is defined }}",
    "{% if yes %}{% set inner = 5 %}{% endif %}{{ inner }}",
    "{% for x in [1] %}{% endfor %}{{ x is defined }}{{ loop is defined }}",
    "{% set ns = namespace(n=0, s='') %}{% for x in numbers %}{% set ns.n = ns.n + x %}{% set ns.s = ns.s ~ x %}{% endfor %}{{ ns.n }} {{ ns.s }}",
    "{% set ns = namespace() %}{% set ns.new = 1 %}{{ ns.new }}{{ ns.other is defined }}",
    "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a + ns.b }}",
    "{% set nested.a = 1 %}",
    "{% set missing.a = 1 %}",
    "{% set a, b = 1, 2 %}{{ b }}{{ a }}",
    "{% set a, b = [1] %}",
    "{% set a = 1, 2 %}{{ a }}",
    "{% set words = words[1:] %}{{ words }}",
    "{% set x %}a{{ number }}{% endset %}[{{ x }}]",
    "{% set x | upper | replace('A', 'b') %}a{{ number }}{% endset %}{{ x }}",
    "{% filter upper %}a{{ text }}{% endfilter %}",
    "{% filter replace('a', 'b') | upper %}aa{% endfilter %}",
    "{% with a = 1, b = number %}{{ a + b }}{% endwith %}{{ a is defined }}",
    "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}",
    "{% generation %}x{{ number }}{% endgeneration %}",
    "{% macro m(a, b=2) %}{{ a }}-{{ b }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=4, a=5) }}",
    "{% macro m(a, b) %}{{ b is defined }}{% endmacro %}{{ m(1) }}",
    "{% macro m(a) %}x{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}x{% endmacro %}{{ m(q=2) }}",
    "{% macro m() %}{{ number }}{% set x = 9 %}{{ x }}{% endmacro %}{{ m() }}{{ x is defined }}",
    "{% set g = 1 %}{% macro m() %}{{ g }}{% endmacro %}{% set g = 2 %}{{ m() }}",
    "{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}",
    "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(3) }}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m() %}x{% endmacro %}{{ m() | upper }}{{ m() ~ 'y' }}",
    "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(5) }}",
    "{{ words is defined and words is not none and words | length > 2 }}",
    "{{ 'a' if text is string else 'b' }}",
    "{{ ('x' ~ 'y') | upper ~ 'z' | upper }}",
    "{{ {'a': 1}['a'] + {'b': 2}.b }}",
    "{{ {'a': 1}.items() | list }}",
    "{{ 'x' if missing is defined and missing.foo else 'y' }}",
    "{%- set x = 5 -%}\n  {{- x -}}\n  {%- if x %} y {% endif -%}\n",
    "{{\n  number\n  + 1\n}}",
    "{% if number == 7\n  and text %}\nx\n{% endif %}",
    "line\n{{ missing.foo }}",
    "a\n\n{% if yes %}\n{{ 1 + 'x' }}\n{% endif %}",
    "{{ x }}{% set x = 3 %}{{ x }}",
    "{{ [words, words] | tojson }}",
    "{{ 'é'.upper() | length }}",
    "{%if yes%}x{%endif%}{{number}}{{-number-}}",
    "{% for x in [1,2] -%}\n  {{ x }}\n{%- endfor %}\n",
    "{% include 'x' %}",
    "{% extends 'x' %}",
    "{% import 'x' as y %}",
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ nested.__class__ }}",
    "{{ words.__len__() }}",
]
