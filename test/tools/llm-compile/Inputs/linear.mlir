llm.size @tokens range(1, 512) divisor 1
llm.weight @w : tensor<24x40xf32> in "model.bin" at 0
llm.weight @b : tensor<40xf32> in "model.bin" at 4096
func.func @main(%x: tensor<?x24xf32> {llm.name = "x", llm.sizes = #llm.sizes<[tokens, 24]>}) -> (tensor<?x40xf32> {llm.name = "y"}) {
  %w = llm.load_weight @w : tensor<24x40xf32>
  %b = llm.load_weight @b : tensor<40xf32>
  %0 = llm.matmul %x, %w : tensor<?x24xf32>, tensor<24x40xf32> -> tensor<?x40xf32>
  %1 = llm.add %0, %b : tensor<?x40xf32>, tensor<40xf32> -> tensor<?x40xf32>
  %2 = llm.gelu %1 approximate none : tensor<?x40xf32>
  return %2 : tensor<?x40xf32>
}
