// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_STATUS_PAGE_HPP
#define HOLDFAST_TOOL_PAGE_STATUS_PAGE_HPP

#include "run/services_view.hpp"

#include <holdfast/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>

namespace tool
{
namespace asio = boost::asio;

/// Where the status page is to be seen, and by whom.
struct page_options
{
    std::string address{}; ///< Such as `127.0.0.1:8080`, `[::1]:0`.

    /// A socket that listens already, as the service manager gives it, which then takes the place
    /// of `address`; it belongs to the page from then on. -1: none.
    int listening = -1;

    /// What is asked of those who look, as a bearer token or a password; empty: nothing.
    std::string token{};

    hf::clock* clock = nullptr; ///< Null: the context's.
};

/// Throws `std::invalid_argument` as a page with these options would, without listening.
void check(const page_options& options);

/// Shows how services stand, over HTTP: to people, to programs and to whoever collects metrics.
/// Nothing can be changed by it. doc/status_page.md has what it answers.
///
/// @par Thread safety
/// It is used from its executor alone, which runs one handler at a time.
///
/// @par Lifetime
/// The view and the clock outlive it. It can be destroyed at any time; that is the same as `stop`.
class status_page
{
public:
    /// Begins to listen. Throws `std::invalid_argument`, whose text begins with the option's name
    /// in the configuration, if the options make no sense: above all where others than those on
    /// this machine could look and there is no token. Throws `boost::system::system_error` if it
    /// cannot listen there.
    status_page(const asio::any_io_executor& executor, services_view& view,
                const page_options& options);
    ~status_page();

    /// Where it listens, with the port; of a Unix socket that it was given, nothing.
    asio::ip::tcp::endpoint local_endpoint() const;

    /// Closes everything at once.
    void stop() noexcept;

private:
    class listener;
    std::shared_ptr<listener> listener_;
};
}

#endif
