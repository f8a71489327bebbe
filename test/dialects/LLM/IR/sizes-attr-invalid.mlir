// RUN: llm-opt %s --allow-unregistered-dialect --split-input-file --verify-diagnostics

// expected-error @below {{expected a size: an integer, a symbol, '(' or one of ceildiv, floordiv, mod, min, max, coord}}
"op"() {a = #llm.sizes<[a + ]>} : () -> ()

// -----

// expected-error @below {{'exp' is not one of ceildiv, floordiv, mod, min, max, coord}}
"op"() {a = #llm.sizes<[exp(a)]>} : () -> ()

// -----

// expected-error @below {{expected ','}}
"op"() {a = #llm.sizes<[min(a)]>} : () -> ()

// -----

// expected-error @below {{unbalanced '(' character in pretty dialect name}}
"op"() {a = #llm.sizes<[(a + 1]>} : () -> ()

// -----

// expected-error @below {{size does not fit 64 bits or divides by less than 1}}
"op"() {a = #llm.sizes<[9223372036854775807 + 1]>} : () -> ()

// -----

// expected-error @below {{size does not fit 64 bits or divides by less than 1}}
"op"() {a = #llm.sizes<[ceildiv(a, 0)]>} : () -> ()

// -----

// expected-error @below {{integer value too large}}
"op"() {a = #llm.sizes<[99999999999999999999]>} : () -> ()

// -----

// expected-error @below {{'a b' is not the name of a mesh axis}}
"op"() {a = #llm.sizes<[coord("a b")]>} : () -> ()

// -----

// expected-error @below {{'a$b' is not the name of a size}}
"op"() {a = #llm.sizes<[a$b]>} : () -> ()

// -----

// expected-error @below {{size nests deeper than 64 levels}}
"op"() {a = #llm.sizes<[((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))]>} : () -> ()

// -----

// expected-error @below {{expected '['}}
"op"() {a = #llm.sizes<a>} : () -> ()

// -----

// expected-error @below {{unknown attribute `shape` in dialect `llm`, expected `sizes`}}
"op"() {a = #llm.shape<[]>} : () -> ()
