//===- Options.td - What the options of compiler tools share -*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "llvm/Option/OptParser.td"

/// --name=VALUE, or --name VALUE.
multiclass Assigned<string name, string metavar, string help> {
  def NAME : Joined<["--"], name # "=">, MetaVarName<metavar>, HelpText<help>;
  def : Separate<["--"], name>, Alias<!cast<Joined>(NAME)>;
}

def help : Flag<["--"], "help">, HelpText<"Show this text">;
def h : Flag<["-"], "h">, Alias<help>;
def version : Flag<["--"], "version">, HelpText<"Show the version">;
