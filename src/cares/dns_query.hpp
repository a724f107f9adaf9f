// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_CARES_DNS_QUERY_HPP
#define HOLDFAST_SRC_CARES_DNS_QUERY_HPP

#include <holdfast/clock.hpp>
#include <holdfast/resolvers/c_ares_resolver.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <ares.h>

namespace holdfast::detail
{
/// What lookups with the same options share.
struct dns_settings
{
    /// @throws std::invalid_argument naming what is wrong
    explicit dns_settings(const dns_options& o);

    dns_options options;
    std::string servers; // as c-ares has them
    mutable std::atomic<std::size_t> running{0};
};

/// One lookup, on a c-ares channel of its own: cancelling it is destroying that.
///
/// c-ares opens and closes the sockets; here they are watched, and it is told what became ready.
/// All runs on the executor of the lookup, which is serial, but for `expired`. The waits for the
/// sockets keep it alive.
class dns_query : public std::enable_shared_from_this<dns_query>, private clock::timer
{
public:
    dns_query(const dns_query&) = delete;
    dns_query& operator=(const dns_query&) = delete;

protected:
    dns_query(const asio::any_io_executor& executor, holdfast::clock& c,
              std::shared_ptr<const dns_settings> settings);
    virtual ~dns_query();

    /// Starts it; it does not complete inside this call.
    void start();

    /// Asks c-ares, whose callback calls `answered`, also inside this call.
    virtual void ask(ares_channel channel) = 0;

    /// Tells the caller, once, on the executor.
    virtual void complete(error_code ec) = 0;

    /// For the callback: what it gave is kept by now. False if nobody wants it any more.
    bool answered(int status) noexcept;

    /// The caller wants no more.
    void cancel();

private:
    struct watch;

    static void state_changed(void* self, ares_socket_t socket, int readable,
                              int writable) noexcept;
    void watch_for(ares_socket_t socket, bool readable, bool writable);
    error_code open();
    void go_on();
    void wait(const std::shared_ptr<watch>& w, bool to_read);
    void arm_timer();
    void close() noexcept;
    void expired() override;

    const asio::any_io_executor executor_;
    holdfast::clock& clock_;
    const std::shared_ptr<const dns_settings> settings_;
    ares_channel channel_ = nullptr;
    std::vector<std::shared_ptr<watch>> watches_;
    error_code result_;
    error_code broken_; // what went wrong with a socket, seen when c-ares has returned
    bool answered_ = false;
    bool done_ = false;
    bool counted_ = false;
};

/// What an error of c-ares is called here.
error_code dns_error(int status) noexcept;
}

#endif
