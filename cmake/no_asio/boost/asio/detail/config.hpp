// SPDX-License-Identifier: BSL-1.0
// First on the include path of what must not see Asio; every header of Asio includes one of these.
#error "base, core, retry and sim are pure: they may not include Asio"
#include "no_such_file_so_that_the_compiler_stops_here"
