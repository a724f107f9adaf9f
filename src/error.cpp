// SPDX-License-Identifier: BSL-1.0
#include <holdfast/error.hpp>

#include <boost/system/error_category.hpp>

#include <cerrno>
#include <string>

namespace holdfast
{
namespace
{
namespace sys = boost::system;

class holdfast_category_impl final : public sys::error_category
{
public:
    const char* name() const noexcept override { return "holdfast"; }

    std::string message(int value) const override { return text(static_cast<errc>(value)); }

    sys::error_condition default_error_condition(int value) const noexcept override
    {
        switch (static_cast<errc>(value))
        {
        case errc::stopped:
            return sys::errc::make_error_condition(sys::errc::operation_canceled);
        case errc::lookup_timed_out:
        case errc::connect_timed_out:
        case errc::proxy_timed_out:
        case errc::tls_timed_out:
        case errc::prepare_timed_out:
        case errc::wait_timed_out:
            return sys::errc::make_error_condition(sys::errc::timed_out);
        case errc::forced:
        case errc::factory_refused:
        case errc::exception_thrown:
        case errc::connected_to_itself:
        case errc::no_listener:
        case errc::too_many_lookups:
        case errc::invalid_name:
        case errc::no_address:
        case errc::key_not_pinned:
        case errc::unusable_files:
        case errc::no_such_service:
        case errc::already_reading:
            break;
        }
        return {value, *this};
    }
};

class condition_category_impl final : public sys::error_category
{
public:
    const char* name() const noexcept override { return "holdfast.condition"; }

    std::string message(int value) const override
    {
        switch (static_cast<condition>(value))
        {
        case condition::local_resource:
            return "this machine ran out of a resource";
        case condition::peer_not_verified:
            return "the peer could not be verified";
        }
        return "unknown condition";
    }

    bool equivalent(const sys::error_code& ec, int value) const noexcept override
    {
        switch (static_cast<condition>(value))
        {
        case condition::local_resource:
            return ec == errc::too_many_lookups || ((ec.category() == sys::system_category() ||
                                                     ec.category() == sys::generic_category()) &&
                                                    is_local_resource(ec.value()));
        case condition::peer_not_verified: // other categories have it as their condition
            return ec == errc::key_not_pinned;
        }
        return false;
    }

private:
    /// Asked at every failure, so by the number alone.
    static bool is_local_resource(int number) noexcept
    {
        return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM ||
               number == EADDRNOTAVAIL;
    }
};
}

const sys::error_category& holdfast_category() noexcept
{
    static const holdfast_category_impl category;
    return category;
}

const sys::error_category& condition_category() noexcept
{
    static const condition_category_impl category;
    return category;
}

const char* text(errc e) noexcept
{
    switch (e) // no default: a new value must get its sentence
    {
    case errc::stopped:
        return "the service is stopped";
    case errc::forced:
        return "the connection did not end in time and was cut off";
    case errc::factory_refused:
        return "the factory refused the connection";
    case errc::exception_thrown:
        return "an exception was thrown";
    case errc::lookup_timed_out:
        return "the name was not looked up in time";
    case errc::connect_timed_out:
        return "no connection was made in time";
    case errc::proxy_timed_out:
        return "the proxy did not answer in time";
    case errc::tls_timed_out:
        return "the TLS handshake did not end in time";
    case errc::prepare_timed_out:
        return "the preparation did not end in time";
    case errc::wait_timed_out:
        return "the wait for a connection ran out of time";
    case errc::connected_to_itself:
        return "the socket was connected to itself: nobody listens on that port";
    case errc::no_listener:
        return "the lock file shows that nobody listens on that Unix socket";
    case errc::too_many_lookups:
        return "too many name lookups are stuck";
    case errc::invalid_name:
        return "the host name is not valid";
    case errc::no_address:
        return "the name has no address of the wanted family";
    case errc::key_not_pinned:
        return "the key of the server is not one that was pinned";
    case errc::unusable_files:
        return "a file with certificates or keys cannot be used";
    case errc::no_such_service:
        return "the domain says that it does not have that service";
    case errc::already_reading:
        return "the stream of events is being read already";
    }
    return "unknown error";
}
}
