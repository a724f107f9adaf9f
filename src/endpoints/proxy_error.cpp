// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/proxy_error.hpp>

#include <boost/system/error_category.hpp>

#include <optional>
#include <string>

namespace holdfast
{
namespace
{
namespace sys = boost::system;

class proxy_category_impl final : public sys::error_category
{
public:
    const char* name() const noexcept override { return "holdfast.proxy"; }

    std::string message(int value) const override { return text(static_cast<proxy_errc>(value)); }

    sys::error_condition default_error_condition(int value) const noexcept override
    {
        switch (static_cast<proxy_errc>(value))
        {
        case proxy_errc::forbidden:
            return sys::errc::make_error_condition(sys::errc::permission_denied);
        case proxy_errc::network_unreachable:
            return sys::errc::make_error_condition(sys::errc::network_unreachable);
        case proxy_errc::host_unreachable:
            return sys::errc::make_error_condition(sys::errc::host_unreachable);
        case proxy_errc::target_refused:
            return sys::errc::make_error_condition(sys::errc::connection_refused);
        case proxy_errc::target_timed_out:
            return sys::errc::make_error_condition(sys::errc::timed_out);
        case proxy_errc::malformed_answer:
        case proxy_errc::answer_too_long:
        case proxy_errc::authentication_required:
        case proxy_errc::authentication_refused:
        case proxy_errc::no_common_method:
        case proxy_errc::general_failure:
        case proxy_errc::command_not_supported:
        case proxy_errc::address_not_supported:
        case proxy_errc::refused:
        case proxy_errc::unavailable:
        case proxy_errc::hops_exceeded:
        case proxy_errc::target_not_reached:
            break;
        }
        return {value, *this};
    }
};

std::optional<proxy_condition> blame(proxy_errc e) noexcept
{
    switch (e)
    {
    case proxy_errc::malformed_answer:
    case proxy_errc::answer_too_long:
    case proxy_errc::authentication_required:
    case proxy_errc::authentication_refused:
    case proxy_errc::no_common_method:
    case proxy_errc::forbidden:
    case proxy_errc::general_failure:
    case proxy_errc::command_not_supported:
    case proxy_errc::address_not_supported:
    case proxy_errc::refused:
        return proxy_condition::proxy_refused;
    case proxy_errc::network_unreachable:
    case proxy_errc::host_unreachable:
    case proxy_errc::target_refused:
    case proxy_errc::hops_exceeded:
    case proxy_errc::target_not_reached:
    case proxy_errc::target_timed_out:
        return proxy_condition::target_failed;
    case proxy_errc::unavailable:
        break;
    }
    return std::nullopt;
}

class proxy_condition_category_impl final : public sys::error_category
{
public:
    const char* name() const noexcept override { return "holdfast.proxy_condition"; }

    std::string message(int value) const override
    {
        switch (static_cast<proxy_condition>(value))
        {
        case proxy_condition::proxy_refused:
            return "the proxy refused";
        case proxy_condition::target_failed:
            return "the proxy did not reach the target";
        }
        return "unknown condition";
    }

    bool equivalent(const sys::error_code& ec, int value) const noexcept override
    {
        return ec.category() == proxy_category() &&
               blame(static_cast<proxy_errc>(ec.value())) == static_cast<proxy_condition>(value);
    }
};
}

const sys::error_category& proxy_category() noexcept
{
    static const proxy_category_impl category;
    return category;
}

const sys::error_category& proxy_condition_category() noexcept
{
    static const proxy_condition_category_impl category;
    return category;
}

const char* text(proxy_errc e) noexcept
{
    switch (e) // no default: a new value must get its sentence
    {
    case proxy_errc::malformed_answer:
        return "the answer is not that of such a proxy";
    case proxy_errc::answer_too_long:
        return "the answer of the proxy does not end";
    case proxy_errc::authentication_required:
        return "the proxy wants a user and a password";
    case proxy_errc::authentication_refused:
        return "the proxy refused the user and the password";
    case proxy_errc::no_common_method:
        return "the proxy wants another way of authentication than a user and a password";
    case proxy_errc::forbidden:
        return "the proxy does not allow it";
    case proxy_errc::general_failure:
        return "the proxy failed";
    case proxy_errc::command_not_supported:
        return "the proxy does not make connections";
    case proxy_errc::address_not_supported:
        return "the proxy takes no address of this kind";
    case proxy_errc::refused:
        return "the proxy refused";
    case proxy_errc::unavailable:
        return "the proxy or the target is not available";
    case proxy_errc::network_unreachable:
        return "the proxy did not reach the target: the network is unreachable";
    case proxy_errc::host_unreachable:
        return "the proxy did not reach the target: the host is unreachable";
    case proxy_errc::target_refused:
        return "the proxy did not reach the target: the connection was refused";
    case proxy_errc::hops_exceeded:
        return "the proxy did not reach the target: the time to live ran out";
    case proxy_errc::target_not_reached:
        return "the proxy did not reach the target";
    case proxy_errc::target_timed_out:
        return "the proxy did not reach the target in time";
    }
    return "unknown error";
}
}
