// RUN: not llm-opt %s --dist-annotate="mesh=tp=2 shard=none.*=tp:0" -o /dev/null 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: no weight of the model fits the shard pattern 'none.*=tp:0'
// RUN: not llm-opt %s --dist-annotate="mesh=tp=2 shard=w*=ep:0" -o /dev/null 2>&1 | FileCheck %s --check-prefix=AXIS
// AXIS: error: shard pattern 'w*=ep:0' names axis 'ep'; the mesh has "tp"
// RUN: not llm-opt %s --dist-annotate="mesh=tp=2 shard=w*=tp:2" -o /dev/null 2>&1 | FileCheck %s --check-prefix=DIM
// DIM: error: shard pattern 'w*=tp:2' names dimension 2 but weight @w.up has 2 dimensions
// RUN: not llm-opt %s --dist-annotate="mesh=tp=3 shard=w.down=tp:1" -o /dev/null 2>&1 | FileCheck %s --check-prefix=UNEVEN
// UNEVEN: error: dimension 1 of weight @w.down has 32 elements, which 3 devices cannot share evenly; choose a number of devices that divides 32
// RUN: not llm-opt %s --dist-annotate="mesh=tp=3 shard=w.down=tp:0" -o /dev/null 2>&1 | FileCheck %s --check-prefix=UNEVENRESULT
// UNEVENRESULT: error: dimension 0 of weight @w.down has 16 elements, which 3 devices cannot share evenly; choose a number of devices that divides 16
// RUN: not llm-opt %s --dist-annotate="mesh=tp=2 shard=w.up=tp:0,*.up=tp:1" -o /dev/null 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: error: weight @w.up is split by two shard patterns that contradict: 'w.up=tp:0' and '*.up=tp:1'
// RUN: not llm-opt %s --dist-annotate="mesh=tp=2 shard=w.up" -o /dev/null 2>&1 | FileCheck %s --check-prefix=FORM
// FORM: error: shard pattern 'w.up' is not PATTERN=axis:dimension, as in '*.query.weight=tp:0'
// RUN: not llm-opt %s --dist-annotate="mesh=tp=2 shard=[w=tp:0" -o /dev/null 2>&1 | FileCheck %s --check-prefix=GLOB
// GLOB: error: shard pattern '[w=tp:0' is no glob:
// RUN: not llm-opt %s --dist-annotate=mesh=tp -o /dev/null 2>&1 | FileCheck %s --check-prefix=MESH
// MESH: error: mesh 'tp' has the axis 'tp'; expected a name and a number of devices, as in 'dp=2,tp=4'
// RUN: not llm-opt %s --dist-annotate=mesh=tp=0 -o /dev/null 2>&1 | FileCheck %s --check-prefix=ZERO
// ZERO: error: 'dist.mesh' op axis 'tp' has 0 devices; expected 1 to 65536
// RUN: not llm-opt %s --dist-annotate=mesh=ep=2 -o /dev/null 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: error: axis "ep" of the mesh splits nothing; give a shard pattern that names it, as in 'PATTERN=ep:0'
// RUN: not llm-opt %s --dist-annotate -o /dev/null 2>&1 | FileCheck %s --check-prefix=NOMESH
// NOMESH: error: has no dist.mesh and no option 'mesh' gives one, as in mesh=dp=2,tp=4
// RUN: not llm-opt %s --dist-annotate=mesh=tp=2 --dist-annotate=mesh=tp=2 -o /dev/null 2>&1 | FileCheck %s --check-prefix=SECOND
// SECOND: error: has a dist.mesh already; give no option 'mesh'
// RUN: not llm-opt %s --dist-annotate=mesh=dp=2 -o /dev/null 2>&1 | FileCheck %s --check-prefix=BATCH
// BATCH: error: axis "dp" splits the batch, but no input of @main has one: dimension 0 of all is 1
// RUN: not llm-opt %s --dist-annotate=mesh=tp=2 --dist-propagate --dist-insert-reshards --dist-localize --dist-annotate -o /dev/null 2>&1 | FileCheck %s --check-prefix=AGAIN
// AGAIN: error: is partitioned already
// RUN: not llm-opt %s --dist-propagate -o /dev/null 2>&1 | FileCheck %s --check-prefix=NOTYET
// NOTYET: error: has no dist.mesh; run dist-annotate first

llm.weight @w.up : tensor<32x16xf32> in "model.safetensors" at 0
llm.weight @w.down : tensor<16x32xf32> in "model.safetensors" at 2048
func.func @main(%x: tensor<1x16xf32>) -> tensor<1x16xf32> {
  %wu = llm.load_weight @w.up : tensor<32x16xf32>
  %wd = llm.load_weight @w.down : tensor<16x32xf32>
  %u = llm.linear %x, %wu : tensor<1x16xf32>, tensor<32x16xf32> -> tensor<1x32xf32>
  %d = llm.linear %u, %wd : tensor<1x32xf32>, tensor<16x32xf32> -> tensor<1x16xf32>
  return %d : tensor<1x16xf32>
}
