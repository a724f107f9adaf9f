// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_CHANGE_FEED_HPP
#define HOLDFAST_TOOL_PAGE_CHANGE_FEED_HPP

#include "page/site.hpp"
#include "run/services_view.hpp"

#include <holdfast/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/signals2/connection.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace tool
{
namespace asio = boost::asio;

/// Somebody who is told of changes.
class watcher
{
public:
    /// Takes what is to be sent, which all share. May remove the watcher from its feed.
    virtual void tell(const std::shared_ptr<const std::string>& push) = 0;

protected:
    ~watcher() = default;
};

/// Tells watchers what has changed: at once, but at most four times a second, all that happened
/// since in one. Each push is made once, however many watch; when nobody does nothing is done.
class change_feed final : public std::enable_shared_from_this<change_feed>, private hf::clock::timer
{
public:
    static constexpr std::size_t watchers_max = 32;
    static constexpr std::chrono::milliseconds push_interval{250};

    /// After so long without one an empty comment is pushed: whoever stands between sees that the
    /// connection lives, and we see when it does not.
    static constexpr std::chrono::seconds comment_interval{15};

    /// What is given must live until `stop`.
    change_feed(asio::any_io_executor executor, hf::clock& clock, services_view& view,
                const site& from);
    ~change_feed();

    /// Has it tell `w`. False if there are too many already.
    bool add(std::shared_ptr<watcher> w);
    void remove(const watcher* w);

    /// Forgets all watchers, and touches nothing of what was given any more.
    void stop();

private:
    void expired() override;
    void note(std::string_view name);
    void arm();
    void on_time();
    void push(std::string text);

    asio::any_io_executor executor_;
    hf::clock& clock_;
    const site& site_;
    std::set<std::shared_ptr<watcher>> watchers_;
    std::set<std::string, std::less<>> names_; // what has changed
    bool all_ = false;                         // all may have
    hf::time_point pushed_at_{};
    hf::time_point comment_at_{};
    boost::signals2::scoped_connection changed_;
};
}

#endif
