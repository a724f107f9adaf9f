// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/timed_out.hpp>

namespace holdfast::detail
{
error_code timed_out_in(phase p) noexcept
{
    switch (p)
    {
    case phase::lookup:
        return errc::lookup_timed_out;
    case phase::connect:
    case phase::factory: // a factory takes no time of its own
    case phase::session: // an attempt that is prepared has no time limit any more
        return errc::connect_timed_out;
    case phase::proxy:
        return errc::proxy_timed_out;
    case phase::tls:
        return errc::tls_timed_out;
    case phase::prepare:
        return errc::prepare_timed_out;
    }
    return errc::connect_timed_out;
}
}
