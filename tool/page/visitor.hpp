// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_VISITOR_HPP
#define HOLDFAST_TOOL_PAGE_VISITOR_HPP

#include "page/visitors.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace tool
{
/// One connection: requests and their answers one after the other, then perhaps events.
class visitor final : public std::enable_shared_from_this<visitor>,
                      public watcher,
                      private hf::clock::timer
{
public:
    visitor(visitors::socket s, std::shared_ptr<visitors> among);
    ~visitor();

    void serve();

    /// Tells it that there are too many, and closes.
    void refuse();

    /// Closes at once. What goes on ends soon after, and touches nothing of the page any more.
    void close() noexcept;

private:
    struct question;

    void tell(const std::shared_ptr<const std::string>& push) override;
    void expired() override;

    asio::awaitable<void> answer_all();
    asio::awaitable<question> read();
    asio::awaitable<bool> write(const page_answer& a, bool body, bool keep);
    asio::awaitable<void> say_farewell();
    void watch();
    void push_next();
    void give_time(hf::duration d);

    visitors::socket socket_;
    std::shared_ptr<visitors> among_;
    hf::clock& clock_;
    boost::beast::flat_buffer received_{visitors::header_max};
    std::deque<std::shared_ptr<const std::string>> pushes_; // the first is being written
    std::uint32_t deadline_ = 0;                            // its number
    bool open_ = true;
};
}

#endif
