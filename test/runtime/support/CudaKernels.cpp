//===- CudaKernels.cpp - The tests' kernels as PTX ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaKernels.h"
#include "KernelTable.h"

using namespace weft;

// Each thread does one element or row: %index is its number in the grid.
static const char kernels[] = R"(
.visible .entry add(.param .u64 a, .param .u64 b, .param .u64 result,
                    .param .s64 n, .param .u64 error)
{
  .reg .pred %outside;
  .reg .b32 %block, %size, %thread;
  .reg .f32 %x, %y;
  .reg .b64 %index, %n, %a, %b, %result;
  mov.u32 %block, %ctaid.x;
  mov.u32 %size, %ntid.x;
  mov.u32 %thread, %tid.x;
  mad.wide.u32 %index, %block, %size, 0;
  cvt.u64.u32 %n, %thread;
  add.s64 %index, %index, %n;
  ld.param.u64 %n, [n];
  setp.ge.s64 %outside, %index, %n;
  @%outside bra DONE;
  shl.b64 %index, %index, 2;
  ld.param.u64 %a, [a];
  ld.param.u64 %b, [b];
  ld.param.u64 %result, [result];
  add.s64 %a, %a, %index;
  add.s64 %b, %b, %index;
  add.s64 %result, %result, %index;
  ld.global.f32 %x, [%a];
  ld.global.f32 %y, [%b];
  add.f32 %x, %x, %y;
  st.global.f32 [%result], %x;
DONE:
  ret;
}

.visible .entry linear(.param .u64 x, .param .u64 weight, .param .u64 result,
                       .param .s64 rows, .param .s64 columns, .param .s64 depth,
                       .param .u64 error)
{
  .reg .pred %outside, %more;
  .reg .b32 %block, %size, %thread;
  .reg .f32 %u, %v, %sum;
  .reg .b64 %index, %n, %x, %weight, %result, %columns, %depth, %row, %column;
  mov.u32 %block, %ctaid.x;
  mov.u32 %size, %ntid.x;
  mov.u32 %thread, %tid.x;
  mad.wide.u32 %index, %block, %size, 0;
  cvt.u64.u32 %n, %thread;
  add.s64 %index, %index, %n;
  ld.param.u64 %n, [rows];
  ld.param.u64 %columns, [columns];
  ld.param.u64 %depth, [depth];
  mul.lo.s64 %n, %n, %columns;
  setp.ge.s64 %outside, %index, %n;
  @%outside bra DONE;
  div.s64 %row, %index, %columns;
  rem.s64 %column, %index, %columns;
  ld.param.u64 %x, [x];
  ld.param.u64 %weight, [weight];
  ld.param.u64 %result, [result];
  mul.lo.s64 %row, %row, %depth;
  mul.lo.s64 %column, %column, %depth;
  shl.b64 %row, %row, 2;
  shl.b64 %column, %column, 2;
  add.s64 %x, %x, %row;
  add.s64 %weight, %weight, %column;
  shl.b64 %index, %index, 2;
  add.s64 %result, %result, %index;
  mov.f32 %sum, 0f00000000;
LOOP:
  setp.le.s64 %more, %depth, 0;
  @%more bra END;
  ld.global.f32 %u, [%x];
  ld.global.f32 %v, [%weight];
  fma.rn.f32 %sum, %u, %v, %sum;
  add.s64 %x, %x, 4;
  add.s64 %weight, %weight, 4;
  add.s64 %depth, %depth, -1;
  bra LOOP;
END:
  st.global.f32 [%result], %sum;
DONE:
  ret;
}

.visible .entry gather(.param .u64 ids, .param .u64 table, .param .u64 result,
                       .param .s64 rows, .param .s64 width, .param .s64 limit,
                       .param .u64 error)
{
  .reg .pred %outside, %below, %end;
  .reg .b32 %block, %size, %thread, %bit;
  .reg .f32 %value;
  .reg .b64 %index, %n, %ids, %table, %result, %width, %id, %error, %offset;
  mov.u32 %block, %ctaid.x;
  mov.u32 %size, %ntid.x;
  mov.u32 %thread, %tid.x;
  mad.wide.u32 %index, %block, %size, 0;
  cvt.u64.u32 %n, %thread;
  add.s64 %index, %index, %n;
  ld.param.u64 %n, [rows];
  setp.ge.s64 %outside, %index, %n;
  @%outside bra DONE;
  ld.param.u64 %ids, [ids];
  ld.param.u64 %table, [table];
  ld.param.u64 %result, [result];
  ld.param.u64 %width, [width];
  ld.param.u64 %n, [limit];
  shl.b64 %offset, %index, 3;
  add.s64 %ids, %ids, %offset;
  ld.global.u64 %id, [%ids];
  setp.lt.s64 %below, %id, 0;
  setp.ge.or.s64 %outside, %id, %n, %below;
  @!%outside bra FOUND;
  ld.param.u64 %error, [error];
  mov.u32 %bit, 1;
  red.global.or.b32 [%error], %bit;
  mov.u64 %id, 0;
FOUND:
  mul.lo.s64 %id, %id, %width;
  shl.b64 %id, %id, 2;
  add.s64 %table, %table, %id;
  mul.lo.s64 %index, %index, %width;
  shl.b64 %index, %index, 2;
  add.s64 %result, %result, %index;
LOOP:
  setp.le.s64 %end, %width, 0;
  @%end bra DONE;
  ld.global.f32 %value, [%table];
  st.global.f32 [%result], %value;
  add.s64 %table, %table, 4;
  add.s64 %result, %result, 4;
  add.s64 %width, %width, -1;
  bra LOOP;
DONE:
  ret;
}

.visible .entry count(.param .u64 counter, .param .u64 result, .param .s64 step,
                      .param .u64 error)
{
  .reg .b64 %address, %value, %step;
  ld.param.u64 %address, [counter];
  ld.global.u64 %value, [%address];
  add.s64 %value, %value, -1;
  st.global.u64 [%address], %value;
  ld.param.u64 %address, [result];
  ld.param.u64 %step, [step];
  ld.global.u64 %value, [%address];
  add.s64 %value, %value, %step;
  st.global.u64 [%address], %value;
  ret;
}

.visible .entry fault(.param .u64 control, .param .s64 rank, .param .s64 site,
                      .param .u64 error)
{
  .reg .pred %other;
  .reg .b32 %bit;
  .reg .b64 %control, %wanted, %given, %error;
  ld.param.u64 %control, [control];
  ld.param.u64 %wanted, [rank];
  ld.global.u64 %given, [%control];
  setp.ne.s64 %other, %given, %wanted;
  @%other bra DONE;
  ld.param.u64 %wanted, [site];
  ld.global.u64 %given, [%control+8];
  setp.ne.s64 %other, %given, %wanted;
  @%other bra DONE;
  ld.global.u64 %given, [%control+16];
  setp.ne.s64 %other, %given, 1;
  @%other bra WAITS;
  ld.param.u64 %error, [error];
  mov.u32 %bit, 64;
  red.global.or.b32 [%error], %bit;
  bra DONE;
WAITS:
  setp.ne.s64 %other, %given, 2;
  @%other bra DIES;
AGAIN:
  ld.volatile.global.u64 %given, [%control+24];
  setp.eq.s64 %other, %given, 0;
  @%other bra AGAIN;
  bra DONE;
DIES:
  setp.ne.s64 %other, %given, 3;
  @%other bra DONE;
  mov.u64 %error, 64;
  st.global.u64 [%error], %given;
DONE:
  ret;
}

.extern .shared .align 16 .b8 elements[];
.visible .entry reverse(.param .u64 data, .param .s64 n, .param .u64 error)
{
  .reg .pred %outside;
  .reg .b32 %thread, %place, %n32;
  .reg .b64 %index, %n, %data, %value;
  mov.u32 %thread, %tid.x;
  ld.param.u64 %n, [n];
  ld.param.u64 %data, [data];
  cvt.u32.u64 %n32, %n;
  mul.wide.u32 %index, %thread, 8;
  add.s64 %data, %data, %index;
  setp.ge.u32 %outside, %thread, %n32;
  @%outside bra MEET;
  ld.global.u64 %value, [%data];
  sub.u32 %n32, %n32, %thread;
  add.u32 %n32, %n32, -1;
  shl.b32 %n32, %n32, 3;
  mov.u32 %place, elements;
  add.u32 %place, %place, %n32;
  st.shared.u64 [%place], %value;
MEET:
  bar.sync 0;
  @%outside bra DONE;
  shl.b32 %n32, %thread, 3;
  mov.u32 %place, elements;
  add.u32 %place, %place, %n32;
  ld.shared.u64 %value, [%place];
  st.global.u64 [%data], %value;
DONE:
  ret;
}
)";

artifact::KernelTable test::cudaKernelTable() {
  artifact::KernelTable table = kernelTable();
  auto setShape = [&](int index, const char *blocks, uint32_t threads,
                      const char *shared) {
    artifact::Kernel &kernel = *table.mutable_kernels(index);
    kernel.set_items("0");
    kernel.set_chunk("1");
    kernel.set_scratch_bytes("0");
    kernel.set_split(artifact::STATIC);
    kernel.add_grid(blocks);
    kernel.add_grid("1");
    kernel.add_grid("1");
    kernel.set_block_threads(threads);
    kernel.set_shared_bytes(shared);
  };
  artifact::Kernel &reverse = *table.add_kernels();
  reverse.set_name("reverse");
  reverse.set_family("layout");
  reverse.set_size_count(1);
  artifact::KernelBuffer &data = *reverse.add_buffers();
  data.set_writes(true);
  data.set_least_bytes("8*s0");
  setShape(0, "ceildiv(s0, 128)", 128, "0");
  setShape(1, "ceildiv(s0*s1, 64)", 64, "0");
  setShape(2, "ceildiv(s0, 32)", 32, "0");
  setShape(3, "1", 1, "0");
  setShape(4, "1", 1, "0");
  setShape(5, "1", 256, "8*s0");
  return table;
}

std::string test::cudaModule(const artifact::KernelTable &table,
                             const std::string &code) {
  std::string bytes = table.SerializeAsString(), list;
  for (char byte : bytes)
    list += (list.empty() ? "" : ", ") +
            std::to_string(static_cast<unsigned char>(byte));
  return ".version 7.0\n.target sm_80\n.address_size 64\n"
         ".visible .global .align 8 .b8 weft_kernel_table[" +
         std::to_string(bytes.size()) + "] = {" + list +
         "};\n"
         ".visible .global .align 8 .u64 weft_kernel_table_bytes = " +
         std::to_string(bytes.size()) + ";\n" + code;
}

std::string test::cudaModule(const artifact::KernelTable &table) {
  return cudaModule(table, kernels);
}
