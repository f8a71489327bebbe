// RUN: llm-opt %s --llm-evaluate --split-input-file --verify-diagnostics

// What only the data show to be wrong.

func.func @f() -> tensor<2xi32> {
  %x = llm.constant dense<1> : tensor<i32>
  %y = llm.constant dense<[1, 0]> : tensor<2xi32>
  // expected-error @below {{'llm.div' op divides an integer by zero}}
  %z = llm.div %x, %y : tensor<i32>, tensor<2xi32> -> tensor<2xi32>
  return %z : tensor<2xi32>
}

// -----

func.func @f() -> tensor<ui8> {
  %x = llm.constant dense<1> : tensor<ui8>
  %y = llm.constant dense<0> : tensor<ui8>
  // expected-error @below {{'llm.mod' op divides an integer by zero}}
  %z = llm.mod %x, %y : tensor<ui8>, tensor<ui8> -> tensor<ui8>
  return %z : tensor<ui8>
}

// -----

func.func @f() -> tensor<1xi32> {
  %x = llm.constant dense<> : tensor<0xi32>
  // expected-error @below {{'llm.reduce' op takes the mean of no integers}}
  %z = llm.reduce mean %x axes [0] : tensor<0xi32> -> tensor<1xi32>
  return %z : tensor<1xi32>
}

// -----

func.func @f() -> tensor<1xi32> {
  %x = llm.constant dense<[[1], [2]]> : tensor<2x1xi32>
  %i = llm.constant dense<2> : tensor<i64>
  // expected-error @below {{'llm.gather' op index 2 is not in [-2, 2)}}
  %z = llm.gather %x, %i axis 0 : tensor<2x1xi32>, tensor<i64> -> tensor<1xi32>
  return %z : tensor<1xi32>
}

// -----

func.func @f() -> tensor<1xi32> {
  %x = llm.constant dense<[[1], [2]]> : tensor<2x1xi32>
  %i = llm.constant dense<-3> : tensor<i64>
  // expected-error @below {{'llm.gather' op index -3 is not in [-2, 2)}}
  %z = llm.gather %x, %i axis 0 : tensor<2x1xi32>, tensor<i64> -> tensor<1xi32>
  return %z : tensor<1xi32>
}

// -----

func.func @f() -> tensor<1xi32> {
  %x = llm.constant dense<[[1], [2]]> : tensor<2x1xi32>
  %i = llm.constant dense<18446744073709551615> : tensor<ui64>
  // expected-error @below {{'llm.gather' op index 18446744073709551615 is not in [0, 2)}}
  %z = llm.gather %x, %i axis 0 : tensor<2x1xi32>, tensor<ui64> -> tensor<1xi32>
  return %z : tensor<1xi32>
}

// -----

func.func @f() -> tensor<1xi32> {
  %x = llm.constant dense<[[1], [2]]> : tensor<2x1xi32>
  %i = llm.constant dense<-1> : tensor<i64>
  // expected-error @below {{'llm.embedding' op id -1 is not in [0, 2)}}
  %z = llm.embedding %i, %x : tensor<i64>, tensor<2x1xi32> -> tensor<1xi32>
  return %z : tensor<1xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<?xi32> {
  %x = llm.iota axis 0 to [three] : tensor<?xi32>
  %y = llm.iota axis 0 to [2] : tensor<?xi32>
  // expected-error @below {{'llm.add' op operands do not broadcast: sizes 3 and 2 meet at dimension -1}}
  %z = llm.add %x, %y : tensor<?xi32>, tensor<?xi32> -> tensor<?xi32>
  return %z : tensor<?xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<4xi32> {
  %x = llm.iota axis 0 to [three] : tensor<?xi32>
  // expected-error @below {{'llm.reshape' op the number of elements of input is 3 but that of the result is 4}}
  %z = llm.reshape %x to [4] : tensor<?xi32> -> tensor<4xi32>
  return %z : tensor<4xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<?xi32> {
  %x = llm.iota axis 0 to [three] : tensor<?xi32>
  // expected-error @below {{'llm.reshape' op the data give result dimension 0 the negative size -3}}
  %z = llm.reshape %x to [-three] : tensor<?xi32> -> tensor<?xi32>
  return %z : tensor<?xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<2xi32> {
  %x = llm.iota axis 0 to [three] : tensor<?xi32>
  // expected-error @below {{'llm.slice' op slice of dimension 0 from 2, 2 elements with stride 1, leaves the input's 3}}
  %z = llm.slice %x offsets [2] sizes [2] strides [1] : tensor<?xi32> -> tensor<2xi32>
  return %z : tensor<2xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<2xi32> {
  // expected-error @below {{'llm.iota' op result dimension 0 is 2 but the size that the data give is 3}}
  %z = llm.iota axis 0 to [three] : tensor<2xi32>
  return %z : tensor<2xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<?xi32> {
  // expected-error @below {{'llm.iota' op result has more than 2^30 elements}}
  %z = llm.iota axis 0 to [three * 4294967296] : tensor<?xi32>
  return %z : tensor<?xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<4xi32> {
  %x = llm.iota axis 0 to [three] : tensor<?xi32>
  // expected-error @below {{'llm.expand' op dimension 0 of input is 3 but that of the result is 4}}
  %z = llm.expand %x to [4] : tensor<?xi32> -> tensor<4xi32>
  return %z : tensor<4xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<?x?xi32> {
  %x = llm.iota axis 0 to [three, 2] : tensor<?x?xi32>
  %y = llm.iota axis 0 to [three, three] : tensor<?x?xi32>
  // expected-error @below {{'llm.concat' op dimension 1 of input 0 is 2 but that of input 1 is 3}}
  %z = llm.concat %x, %y axis 0 : tensor<?x?xi32>, tensor<?x?xi32> -> tensor<?x?xi32>
  return %z : tensor<?x?xi32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<?x4xf32> {
  %x = llm.iota axis 0 to [three, 2] : tensor<?x?xf32>
  %w = llm.iota axis 0 to [4, three] : tensor<4x?xf32>
  // expected-error @below {{'llm.linear' op the last dimension of input is 2 but dimension 1 of weight is 3}}
  %z = llm.linear %x, %w : tensor<?x?xf32>, tensor<4x?xf32> -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

llm.size @three range(3, 3) divisor 1
func.func @f() -> tensor<1x1x?x2xf32> {
  %x = llm.iota axis 0 to [1, 1, three, 2] : tensor<1x1x?x2xf32>
  %w = llm.iota axis 0 to [1, 1, 2, 2] : tensor<1x1x?x2xf32>
  // expected-error @below {{'llm.attention' op query has 3 heads, which is no multiple of the 2 heads of key}}
  %z = llm.attention %x, %w, %w scale 1.0 : tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32> -> tensor<1x1x?x2xf32>
  return %z : tensor<1x1x?x2xf32>
}

// -----

func.func @f() -> tensor<1xi64> {
  // expected-error @below {{size unknown: }}
  %z = llm.sizes_to_tensor [unknown] : tensor<1xi64>
  return %z : tensor<1xi64>
}

// -----

func.func @f() -> tensor<9223372036854775807xi8> {
  // expected-error @below {{'llm.constant' op result has more than 2^30 elements}}
  %z = llm.constant dense<0> : tensor<9223372036854775807xi8>
  return %z : tensor<9223372036854775807xi8>
}
