// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_PROCESS_ERROR_HPP
#define HOLDFAST_ENDPOINTS_PROCESS_ERROR_HPP

#include <boost/system/error_category.hpp>

namespace holdfast
{
/// The category of how a process ended that did not end well. A value up to 255 is its exit status;
/// one above is 256 and the number of the signal that killed it.
const boost::system::error_category& process_category() noexcept;
}

#endif
