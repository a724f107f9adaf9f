// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_AS_SERVICE_HPP
#define HOLDFAST_AS_SERVICE_HPP

#include <holdfast/client_service.hpp>
#include <holdfast/service.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>

#include <memory>
#include <utility>

namespace holdfast
{
/// A client service as a service that can have a parent.
///
/// Its name is at first that of the client's options, which stays what events and logs have. It is
/// ready when its first connection since the start is prepared; if the policy gives up before, it
/// will not be. Start and stop it, not the client within.
template <class Protocol>
class tree_client : public service
{
public:
    /// `executor` is that of the tree. It differs from the client's where that is `thread_safe`.
    tree_client(client_service<Protocol> client, executor_type executor)
        : service(std::move(executor), client.name())
        , client_(std::move(client))
    {
    }

    explicit tree_client(client_service<Protocol> client)
        : service(client.get_executor(), client.name())
        , client_(std::move(client))
    {
    }

    /// What it is: to wait for the connection, to retry now, to look at its state.
    client_service<Protocol>& client() noexcept { return client_; }
    const client_service<Protocol>& client() const noexcept { return client_; }

    void retry_now() override { client_.retry_now(); }

protected:
    void do_start() override { client_.start(); }

    void do_stop() override
    {
        client_.async_stop(asio::bind_executor(get_executor(),
                                               [weak = this->weak_from_this()](error_code ec)
                                               {
                                                   if (const auto self = lock(weak))
                                                       self->stopped(ec);
                                               }));
    }

private:
    bool ready_when_started() const noexcept override { return false; }

    void do_await_ready() override
    {
        if (std::exchange(waiting_, true))
            return;
        client_.async_when_connected(asio::bind_executor(
            get_executor(),
            [weak = this->weak_from_this()](error_code ec, const std::shared_ptr<Protocol>&)
            {
                if (const auto self = lock(weak))
                    self->waited(ec);
            }));
    }

    void waited(error_code ec)
    {
        waiting_ = false;
        if (!ec)
            became_ready();
        else if (ec == errc::stopped && client_.running()) // that was the life before
            do_await_ready();
        else if (ec != asio::error::operation_aborted)
            will_not_be_ready({{{.path = this->path(),
                                 .step = service_step::becoming_ready,
                                 .code = ec,
                                 .cause = client_.last_failure()}}});
    }

    static std::shared_ptr<tree_client> lock(const std::weak_ptr<service>& weak)
    {
        return std::static_pointer_cast<tree_client>(weak.lock());
    }

    client_service<Protocol> client_;
    bool waiting_ = false; // for the first connection
};

/// Makes a client service one that can be a child: `tree->add(as_service(std::move(client)))`.
///
/// @throws std::invalid_argument if its name holds a `/` or begins with `#`
template <class Protocol>
std::shared_ptr<tree_client<Protocol>> as_service(client_service<Protocol> client)
{
    return std::make_shared<tree_client<Protocol>>(std::move(client));
}

/// The same, for a client with the option `thread_safe`, or any other that does not run on the
/// executor of its tree.
template <class Protocol>
std::shared_ptr<tree_client<Protocol>> as_service(client_service<Protocol> client,
                                                  asio::any_io_executor executor)
{
    return std::make_shared<tree_client<Protocol>>(std::move(client), std::move(executor));
}
}

#endif
