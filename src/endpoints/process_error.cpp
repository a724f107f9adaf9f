// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/process_error.hpp>

#include <cstring>
#include <string>

namespace holdfast
{
namespace
{
/// `SIGKILL`; `signal 40` where it has no name.
std::string signal_name(int signal)
{
#if defined(__GLIBC__)
    if (const char* const name = ::sigabbrev_np(signal))
        return std::string("SIG") + name;
#endif
    return "signal " + std::to_string(signal);
}

class process_category_impl final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "holdfast.process"; }

    std::string message(int value) const override
    {
        if (value > 256)
            return "the process was killed by " + signal_name(value - 256);
        return "the process exited with status " + std::to_string(value);
    }
};
}

const boost::system::error_category& process_category() noexcept
{
    static const process_category_impl category;
    return category;
}
}
