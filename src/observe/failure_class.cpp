// SPDX-License-Identifier: BSL-1.0
#include "failure_class.hpp"

#include <boost/asio/error.hpp>

namespace holdfast::detail
{
namespace asio = boost::asio;
namespace conditions = boost::system::errc;

namespace
{
/// The name of OpenSSL's errors; this part of the library does not know of it.
bool is_of_tls(const error_code& ec)
{
    return std::string_view(ec.category().name()).starts_with("asio.ssl");
}

bool is_not_found(const error_code& ec)
{
    return ec == asio::error::host_not_found || ec == asio::error::host_not_found_try_again ||
           ec == asio::error::no_data || ec == asio::error::service_not_found ||
           ec == errc::no_address || ec == errc::no_such_service || ec == errc::invalid_name ||
           ec == conditions::no_such_file_or_directory;
}
}

failure_class classify(const failure& f) noexcept
{
    const auto& ec = f.code;
    if (!ec || ec == asio::error::eof)
        return failure_class::closed;
    if (ec == condition::local_resource)
        return failure_class::local_resource;
    if (ec == conditions::timed_out)
        return failure_class::timed_out;
    if (ec == conditions::connection_refused || ec == errc::no_listener ||
        ec == errc::connected_to_itself)
        return failure_class::refused;
    if (ec == conditions::connection_reset || ec == conditions::connection_aborted ||
        ec == conditions::broken_pipe)
        return failure_class::reset;
    if (ec == conditions::host_unreachable || ec == conditions::network_unreachable ||
        ec == conditions::network_down)
        return failure_class::unreachable;
    if (is_not_found(ec))
        return failure_class::not_found;
    if (ec == condition::peer_not_verified || is_of_tls(ec) || f.phase == phase::tls)
        return failure_class::tls;
    return f.phase == phase::proxy ? failure_class::refused_by_proxy : failure_class::other;
}

std::string_view to_string(failure_class c) noexcept
{
    switch (c)
    {
    case failure_class::refused:
        return "refused";
    case failure_class::timed_out:
        return "timed_out";
    case failure_class::reset:
        return "reset";
    case failure_class::closed:
        return "closed";
    case failure_class::unreachable:
        return "unreachable";
    case failure_class::not_found:
        return "not_found";
    case failure_class::local_resource:
        return "local_resource";
    case failure_class::tls:
        return "tls";
    case failure_class::refused_by_proxy:
        return "refused_by_proxy";
    case failure_class::other:
        return "other";
    }
    return "unknown class";
}
}
