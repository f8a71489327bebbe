// RUN: mkdir -p %t.dir
// RUN: printf 12345678 > %t.dir/short.bin
// RUN: llm-opt %s --llm-evaluate=weight-directory=%t.dir --split-input-file --verify-diagnostics -o /dev/null

// expected-error-re @below {{weight `missing` lies in "{{.*}}nowhere.bin", which cannot be opened: No such file or directory}}
llm.weight @missing : tensor<2xf32> in "nowhere.bin" at 0
func.func @missing_file() -> tensor<2xf32> {
  %0 = llm.load_weight @missing : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// expected-error-re @below {{weight `long` needs 8 bytes at offset 4 of "{{.*}}short.bin", which has 8 bytes; is the file cut short, or another model's?}}
llm.weight @long : tensor<2xf32> in "short.bin" at 4
func.func @truncated_file() -> tensor<2xf32> {
  %0 = llm.load_weight @long : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// expected-error @below {{'llm.weight' op type 'tensor<4294967296x4294967296xf32>' is not whole blocks, or more bytes than 63 bits count}}
llm.weight @huge : tensor<4294967296x4294967296xf32> in "short.bin" at 0
func.func @huge_weight() -> tensor<4294967296x4294967296xf32> {
  %0 = llm.load_weight @huge : tensor<4294967296x4294967296xf32>
  return %0 : tensor<4294967296x4294967296xf32>
}

// -----

// expected-error-re @below {{weight `folder` lies in "{{.*}}", which is not a file}}
llm.weight @folder : tensor<2xf32> in "." at 0
func.func @not_a_file() -> tensor<2xf32> {
  %0 = llm.load_weight @folder : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// expected-error @below {{weight `nibbles` has elements of type 'i4', which are not whole bytes of up to 64 bits}}
llm.weight @nibbles : tensor<2xi4> in "short.bin" at 0
func.func @not_whole_bytes() -> tensor<2xi4> {
  %0 = llm.load_weight @nibbles : tensor<2xi4>
  return %0 : tensor<2xi4>
}

// -----

llm.size @n range(1, 9) divisor 1
func.func @unbound_size() -> tensor<?xi64> {
  // expected-error @below {{size n: size 'n' has no value}}
  %0 = llm.iota axis 0 to [n] : tensor<?xi64>
  return %0 : tensor<?xi64>
}

// -----

func.func @index_out_of_range() -> tensor<4xf32> {
  %table = llm.constant dense<1.0> : tensor<3x4xf32>
  %id = llm.constant dense<3> : tensor<i64>
  // expected-error @below {{3}}
  %0 = llm.embedding %id, %table : tensor<i64>, tensor<3x4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @not_llm() -> tensor<2xf32> {
  // expected-error @below {{has no reference evaluation: it is not an op of the llm dialect}}
  %0 = func.call @not_llm() : () -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
