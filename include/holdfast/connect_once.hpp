// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CONNECT_ONCE_HPP
#define HOLDFAST_CONNECT_ONCE_HPP

#include <holdfast/client_service.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace holdfast
{
namespace detail
{
/// One connection that nobody makes anew: a service that gives up at its first failure.
template <class Protocol>
class single_connection
{
public:
    explicit single_connection(const client_definition<Protocol>& d) : service_(d) {}

    client_service<Protocol>& service() noexcept { return service_; }

    /// What the caller gets: it keeps the connection.
    static std::shared_ptr<Protocol> hand_over(std::shared_ptr<single_connection> self,
                                               std::shared_ptr<Protocol> p) noexcept
    {
        Protocol* const protocol = p.get();
        self->protocol_ = std::move(p);
        return {std::move(self), protocol};
    }

private:
    std::shared_ptr<Protocol> protocol_; // outlives the connection, as its users expect
    client_service<Protocol> service_;
};

template <class Protocol>
struct connect_once_op
{
    std::shared_ptr<single_connection<Protocol>> connection;
    bool begun = false;

    template <class Self>
    void operator()(Self& self, error_code ec = {}, std::shared_ptr<Protocol> p = nullptr)
    {
        if (!std::exchange(begun, true))
        {
            self.reset_cancellation_state(asio::enable_total_cancellation());
            auto& service = connection->service();
            service.start();
            return service.async_when_connected(fail_after{1}, std::move(self));
        }
        if (!ec)
            p = single_connection<Protocol>::hand_over(std::move(connection), std::move(p));
        connection = nullptr;
        self.complete(ec, std::move(p));
    }
};

/// The options of one attempt: a policy that gives up, whatever they say.
template <class Protocol>
client_options<Protocol> only_once(client_options<Protocol> o)
{
    o.retry = [](unsigned) { return std::optional<duration>(); };
    return o;
}
}

/// Connects once, without a service: dials the endpoint, has the factory make a protocol, and
/// prepares it, all as `client_service` does, but whatever fails is final.
///
/// Completes with `void(error_code, std::shared_ptr<Protocol>)`: the error is that of the failure.
/// The pointer keeps the connection: it is closed when the last copy is gone. Of the options all
/// but `retry` apply. To connect a protocol that exists already, give a factory that returns it.
///
/// @par Cancellation
/// All types: completes with `operation_aborted`, and what was begun is cancelled and closed.
///
/// @par Lifetime
/// The last pointer goes before the context is destroyed, and on `executor`, which is serial.
///
/// @par Example
/// @code
/// auto protocol = std::make_shared<my_callback_protocol>();
/// co_await hf::async_connect_protocol(executor, hf::tcp{"localhost", 7}, [=] { return protocol;
/// });
/// @endcode
template <endpoint Endpoint, class Factory,
          asio::completion_token_for<void(error_code,
                                          std::shared_ptr<detail::protocol_of<Endpoint, Factory>>)>
              Token = asio::deferred_t>
[[nodiscard]] auto
async_connect_protocol(asio::any_io_executor executor, Endpoint e, Factory f,
                       client_options<detail::protocol_of<Endpoint, Factory>> options,
                       Token&& token = Token{})
{
    using protocol = detail::protocol_of<Endpoint, Factory>;
    auto connection =
        std::make_shared<detail::single_connection<protocol>>(client_definition<protocol>(
            executor, std::move(e), std::move(f), detail::only_once(std::move(options))));
    return asio::async_compose<Token, void(error_code, std::shared_ptr<protocol>)>(
        detail::connect_once_op<protocol>{std::move(connection)}, token, executor);
}

/// The same without options.
template <endpoint Endpoint, class Factory,
          asio::completion_token_for<void(error_code,
                                          std::shared_ptr<detail::protocol_of<Endpoint, Factory>>)>
              Token = asio::deferred_t>
[[nodiscard]] auto async_connect_protocol(asio::any_io_executor executor, Endpoint e, Factory f,
                                          Token&& token = Token{})
{
    return async_connect_protocol(std::move(executor), std::move(e), std::move(f),
                                  client_options<detail::protocol_of<Endpoint, Factory>>{},
                                  std::forward<Token>(token));
}
}

#endif
