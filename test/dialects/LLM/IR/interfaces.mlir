// RUN: llm-opt %s --test-llm-interfaces --verify-diagnostics -o /dev/null

// What each op answers: sizes, sharding rule (with the kind of each factor that
// is not passed through), flops, bytes.

llm.size @b range(1, 64) divisor 1
llm.size @s range(1, 512) divisor 1
llm.weight @w : tensor<8x4xf32> in "f" at 0

func.func @symbols() {
  // expected-remark @below {{#llm.sizes<[8, 4]> ->ab flops 0 reads 0 writes 0}}
  %0 = llm.load_weight @w : tensor<8x4xf32>
  // expected-remark @below {{#llm.sizes<[2]> ->_ flops 0 reads 0 writes 0}}
  %1 = llm.constant dense<1> : tensor<2xi8>
  // expected-remark @below {{#llm.sizes<[]> -> flops 0 reads 0 writes 8}}
  %2 = llm.sizes_to_tensor [b] : tensor<i64>
  // expected-remark @below {{#llm.sizes<[b, s]> ->ab b:whole flops 0 reads 0 writes 8*b*s}}
  %3 = llm.iota axis 1 to [b, s] : tensor<?x?xi64>
  return
}

func.func @elementwise(%x: tensor<?x?x8xf32> {llm.sizes = #llm.sizes<[b, s, 8]>}, %r: tensor<8xf32>, %c: tensor<?x1xf32> {llm.sizes = #llm.sizes<[s, 1]>},
                       %u: tensor<?x8xf32>, %m: tensor<?x1x1xi1> {llm.sizes = #llm.sizes<[b, 1, 1]>}) {
  // expected-remark @below {{#llm.sizes<[b, s, 8]> abc->abc flops 8*b*s reads 32*b*s writes 32*b*s}}
  %0 = llm.exp %x : tensor<?x?x8xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 8]> abc,c->abc flops 8*b*s reads 32*b*s + 32 writes 32*b*s}}
  %1 = llm.add %x, %r : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 8]> b_,abc->abc}}
  %2 = llm.mul %c, %x : tensor<?x1xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  // Whether %u repeats is not known, so that the dimension stays whole.
  // expected-remark @below {{a_c,_c->abc b:whole}}
  %3 = llm.sub %x, %u : tensor<?x?x8xf32>, tensor<?x8xf32> -> tensor<?x?x8xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 8]> a__,abc,c->abc}}
  %4 = llm.select %m, %x, %r : tensor<?x1x1xi1>, tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 8]> abc->abc flops 8*b*s reads 32*b*s writes 16*b*s}}
  %5 = llm.cast %x : tensor<?x?x8xf32> -> tensor<?x?x8xf16>
  // expected-remark @below {{#llm.sizes<[b, s, 8]> abc,c->abc flops 8*b*s reads 32*b*s + 32 writes 8*b*s}}
  %6 = llm.compare lt %x, %r : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xi1>
  return
}

func.func @contractions(%x: tensor<?x?x8xf32> {llm.sizes = #llm.sizes<[b, s, 8]>}, %w: tensor<32x8xf32>, %p: tensor<2x8x16xf32>, %c: tensor<32xf32>, %d: tensor<30xf32>,
                        %y: tensor<?x8x5xf32> {llm.sizes = #llm.sizes<[b, 8, 5]>},
                        %q: tensor<?x?x12x16xf32> {llm.sizes = #llm.sizes<[b, s, 12, 16]>}, %k: tensor<?x?x4x16xf32> {llm.sizes = #llm.sizes<[b, s, 4, 16]>},
                        %v: tensor<?x?x12x16xf32> {llm.sizes = #llm.sizes<[b, s, 12, 16]>}, %m: tensor<?x1x1x?xf32> {llm.sizes = #llm.sizes<[b, 1, 1, s]>}) {
  // expected-remark @below {{#llm.sizes<[b, s, 32]> abd,cd->abc d:sum flops 512*b*s reads 32*b*s + 1024 writes 128*b*s}}
  %0 = llm.linear %x, %w : tensor<?x?x8xf32>, tensor<32x8xf32> -> tensor<?x?x32xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 32]> abd,cd,c->abc d:whole flops 544*b*s}}
  %1 = llm.linear %x, %w bias %c : tensor<?x?x8xf32>, tensor<32x8xf32>, tensor<32xf32> -> tensor<?x?x32xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 32]> abe,ced,(cd)->ab(cd) d:whole e:whole}}
  %2 = llm.linear %x, %p bias %c panel 16 : tensor<?x?x8xf32>, tensor<2x8x16xf32>, tensor<32xf32> -> tensor<?x?x32xf32>
  // A panel with padding is not split.
  // expected-remark @below {{#llm.sizes<[b, s, 30]> abc,_c_,_->ab_ c:whole}}
  %3 = llm.linear %x, %p bias %d panel 16 : tensor<?x?x8xf32>, tensor<2x8x16xf32>, tensor<30xf32> -> tensor<?x?x30xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 5]> abd,adc->abc d:sum flops 80*b*s reads 32*b*s + 160*b writes 20*b*s}}
  %4 = llm.matmul %x, %y : tensor<?x?x8xf32>, tensor<?x8x5xf32> -> tensor<?x?x5xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 12, 16]> ab(de)f,acdf,acdg,a__c->ab(de)g c:whole f:whole flops 840*b*s*s}}
  %5 = llm.attention %q, %k, %k mask %m scale 1.0 : tensor<?x?x12x16xf32>, tensor<?x?x4x16xf32>, tensor<?x?x4x16xf32>, tensor<?x1x1x?xf32> -> tensor<?x?x12x16xf32>
  // expected-remark @below {{abde,acde,acdf->abdf b:whole c:whole e:whole}}
  %6 = llm.attention %q, %v, %v causal scale 1.0 : tensor<?x?x12x16xf32>, tensor<?x?x12x16xf32>, tensor<?x?x12x16xf32> -> tensor<?x?x12x16xf32>
  return
}

func.func @normalizations(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[b, 8]>}, %s: tensor<8xf32>) {
  // expected-remark @below {{#llm.sizes<[b, 8]> ab,b->ab b:whole flops 56*b reads 32*b + 32 writes 32*b}}
  %0 = llm.layer_norm %x, %s epsilon 0.0 : tensor<?x8xf32>, tensor<8xf32>
  // expected-remark @below {{#llm.sizes<[b, 8]> ab,b,b->ab b:whole flops 64*b}}
  %1 = llm.layer_norm %x, %s bias %s epsilon 0.0 : tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>
  // expected-remark @below {{#llm.sizes<[b, 8]> ab->ab b:whole flops 40*b}}
  %2 = llm.softmax %x axis 1 : tensor<?x8xf32>
  // expected-remark @below {{#llm.sizes<[b, 1]> ab->a_ b:sum flops 8*b reads 32*b writes 4*b}}
  %3 = llm.reduce sum %x axes [1] : tensor<?x8xf32> -> tensor<?x1xf32>
  // expected-remark @below {{#llm.sizes<[1, 1]> ab->__ a:max b:max}}
  %4 = llm.reduce max %x axes [0, 1] : tensor<?x8xf32> -> tensor<1x1xf32>
  // expected-remark @below {{#llm.sizes<[1, 8]> ab->_b a:min}}
  %5 = llm.reduce min %x axes [0] : tensor<?x8xf32> -> tensor<1x8xf32>
  // expected-remark @below {{#llm.sizes<[1, 8]> ab->_b a:whole}}
  %6 = llm.reduce mean %x axes [0] : tensor<?x8xf32> -> tensor<1x8xf32>
  return
}

func.func @layout(%x: tensor<?x?x384xf32> {llm.sizes = #llm.sizes<[b, s, 384]>}, %y: tensor<4x6xf32>, %z: tensor<?x1xf32> {llm.sizes = #llm.sizes<[s, 1]>}) {
  // expected-remark @below {{#llm.sizes<[b, s, 12, 32]> ab(cd)->abcd flops 0 reads 0 writes 0}}
  %0 = llm.reshape %x to [b, s, 12, 32] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  // expected-remark @below {{#llm.sizes<[b*s, 384]> abc->(ab)c}}
  %1 = llm.reshape %x to [b * s, 384] : tensor<?x?x384xf32> -> tensor<?x384xf32>
  // expected-remark @below {{#llm.sizes<[1, b, s, 1, 384]> abc->_ab_c}}
  %2 = llm.reshape %x to [1, b, s, 1, 384] : tensor<?x?x384xf32> -> tensor<1x?x?x1x384xf32>
  // Nothing says how [4, 6] and [6, 4] divide.
  // expected-remark @below {{#llm.sizes<[6, 4]> __->__}}
  %3 = llm.reshape %y to [6, 4] : tensor<4x6xf32> -> tensor<6x4xf32>
  // expected-remark @below {{#llm.sizes<[s, 384*b]> ___->__}}
  %4 = llm.reshape %x to [s, b * 384] : tensor<?x?x384xf32> -> tensor<?x?xf32>
  // expected-remark @below {{#llm.sizes<[s, 384, b]> cab->abc flops 0 reads 1536*b*s writes 1536*b*s}}
  %5 = llm.transpose %x perm [1, 2, 0] : tensor<?x?x384xf32> -> tensor<?x384x?xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 10]> ab_->ab_ flops 0 reads 40*b*s writes 40*b*s}}
  %6 = llm.slice %x offsets [0, 0, 8] sizes [b, s, 10] strides [1, 1, 1] : tensor<?x?x384xf32> -> tensor<?x?x10xf32>
  // expected-remark @below {{#llm.sizes<[b, 2*s, 384]> a_b,a_b->a_b flops 0 reads 3072*b*s writes 3072*b*s}}
  %7 = llm.concat %x, %x axis 1 : tensor<?x?x384xf32>, tensor<?x?x384xf32> -> tensor<?x?x384xf32>
  // expected-remark @below {{#llm.sizes<[b, s, 7]> b_->abc flops 0 reads 4*s writes 28*b*s}}
  %8 = llm.expand %z to [b, s, 7] : tensor<?x1xf32> -> tensor<?x?x7xf32>
  // expected-remark @below {{#llm.sizes<[4, 9]> a_->a_ flops 0 reads 96 writes 144}}
  %9 = llm.pad %y low [0, 1] high [0, 2] : tensor<4x6xf32> -> tensor<4x9xf32>
  return
}

func.func @indexing(%ids: tensor<?x?xi64> {llm.sizes = #llm.sizes<[b, s]>}, %table: tensor<100x8xf32>, %x: tensor<4x5x6xf32>) {
  // expected-remark @below {{#llm.sizes<[b, s, 8]> ab,cd->abd c:whole flops 0 reads 40*b*s writes 32*b*s}}
  %0 = llm.embedding %ids, %table : tensor<?x?xi64>, tensor<100x8xf32> -> tensor<?x?x8xf32>
  // expected-remark @below {{#llm.sizes<[4, b, s, 6]> cde,ab->cabe d:whole flops 0 reads 104*b*s writes 96*b*s}}
  %1 = llm.gather %x, %ids axis 1 : tensor<4x5x6xf32>, tensor<?x?xi64> -> tensor<4x?x?x6xf32>
  return
}
