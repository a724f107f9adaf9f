// SPDX-License-Identifier: BSL-1.0
#include "change_feed.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tool
{
change_feed::change_feed(asio::any_io_executor executor, hf::clock& clock, services_view& view,
                         const site& from)
    : executor_(std::move(executor))
    , clock_(clock)
    , site_(from)
    , changed_(view.changed().connect([this](std::string_view name) { note(name); }))
{
}

change_feed::~change_feed()
{
    stop();
}

bool change_feed::add(std::shared_ptr<watcher> w)
{
    if (watchers_.size() >= watchers_max)
        return false;
    watchers_.insert(std::move(w));
    if (watchers_.size() == 1)
    {
        comment_at_ = clock_.now() + comment_interval;
        arm();
    }
    return true;
}

void change_feed::remove(const watcher* w)
{
    if (std::erase_if(watchers_, [w](const auto& other) { return other.get() == w; }) == 0)
        return;
    if (!watchers_.empty())
        return;
    clock_.disarm(*this);
    names_.clear();
    all_ = false;
}

void change_feed::stop()
{
    if (!changed_.connected())
        return;
    changed_.disconnect();
    clock_.disarm(*this);
    watchers_.clear();
}

void change_feed::expired()
{
    asio::post(executor_,
               [weak = weak_from_this()]
               {
                   if (const auto self = weak.lock())
                       self->on_time();
               });
}

void change_feed::note(std::string_view name)
{
    if (watchers_.empty())
        return;
    const bool noted = all_ || !names_.empty();
    if (name.empty())
        all_ = true;
    else if (!names_.contains(name))
        names_.emplace(name);
    if (!noted)
        arm();
}

void change_feed::arm()
{
    auto at = comment_at_;
    if (all_ || !names_.empty())
        at = std::min<hf::time_point>(at, pushed_at_ + push_interval);
    clock_.arm(*this, at);
}

void change_feed::on_time()
{
    if (watchers_.empty())
        return;
    const auto now = clock_.now();
    if ((all_ || !names_.empty()) && now >= pushed_at_ + push_interval)
    {
        const auto names = std::exchange(names_, {});
        push(
            site_.event(std::exchange(all_, false) ? std::set<std::string, std::less<>>() : names));
        pushed_at_ = now;
    }
    else if (now >= comment_at_)
        push(":\n\n");
    if (!watchers_.empty())
        arm();
}

void change_feed::push(std::string text)
{
    comment_at_ = clock_.now() + comment_interval;
    const auto shared = std::make_shared<const std::string>(std::move(text));
    const auto watchers = watchers_; // one that is too slow removes itself
    for (const auto& w : watchers)
        w->tell(shared);
}
}
