// SPDX-License-Identifier: BSL-1.0
#include <holdfast/stream.hpp>

#if defined(__linux__)
#include <linux/sockios.h>
#include <sys/ioctl.h>
#endif

namespace holdfast::detail
{
std::uint32_t unacknowledged(int descriptor) noexcept
{
#if defined(SIOCOUTQ)
    int bytes = 0;
    if (::ioctl(descriptor, SIOCOUTQ, &bytes) == 0 && bytes > 0)
        return static_cast<std::uint32_t>(bytes);
#else
    static_cast<void>(descriptor); // no portable way to ask
#endif
    return 0;
}
}
