// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/scripted_resolver.hpp>

#include "parked.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <new>
#include <optional>
#include <stdexcept>

namespace holdfast::testing
{
namespace
{
resolver::addresses parse(const std::vector<std::string>& texts)
{
    resolver::addresses parsed;
    for (const auto& text : texts)
        parsed.push_back(asio::ip::make_address(text));
    return parsed;
}

class lookup : public parked<error_code, resolver::addresses>
{
public:
    lookup(std::string host, address_family family) : host_(std::move(host)), family_(family) {}

    const std::string& host() const noexcept { return host_; }
    address_family family() const noexcept { return family_; }
    bool cancelled() const noexcept { return cancelled_; }

    bool answer(resolver::addresses all)
    {
        std::erase_if(all,
                      [this](const asio::ip::address& a)
                      {
                          return (family_ == address_family::ipv4 && !a.is_v4()) ||
                                 (family_ == address_family::ipv6 && !a.is_v6());
                      });
        const error_code ec = all.empty() ? error_code(errc::no_address) : error_code();
        return complete(ec, std::move(all));
    }

private:
    void cancel_requested() override
    {
        if (complete(asio::error::operation_aborted, {}))
            cancelled_ = true;
    }

    const std::string host_;
    const address_family family_;
    std::atomic<bool> cancelled_ = false;
};

struct answer_step // nothing set: it hangs
{
    std::optional<resolver::addresses> addresses{};
    error_code error{};
};
}

struct scripted_lookup::state : lookup
{
    using lookup::lookup;
};

const std::string& scripted_lookup::host() const noexcept
{
    return state_->host();
}

address_family scripted_lookup::family() const noexcept
{
    return state_->family();
}

bool scripted_lookup::pending() const
{
    return state_->pending();
}

bool scripted_lookup::cancelled() const
{
    return state_->cancelled();
}

bool scripted_lookup::succeed(const std::vector<std::string>& addresses) const
{
    return state_->answer(parse(addresses));
}

bool scripted_lookup::fail(error_code ec) const
{
    return state_->complete(ec, {});
}

struct scripted_resolver::script
{
    std::mutex mutex;
    std::map<std::string, std::deque<answer_step>, std::less<>> answers;
    std::vector<scripted_lookup> lookups;
    std::vector<std::string> forgotten;

    void add(std::string_view host, answer_step step)
    {
        const std::lock_guard lock(mutex);
        answers[std::string(host)].push_back(std::move(step));
    }

    answer_step next(const std::string& host)
    {
        const auto found = answers.find(host);
        if (found == answers.end())
            return {.error = asio::error::host_not_found};
        auto& steps = found->second;
        if (steps.size() == 1)
            return steps.front();
        auto step = std::move(steps.front());
        steps.pop_front();
        return step;
    }
};

scripted_resolver::scripted_resolver() : script_(std::make_unique<script>()) {}

scripted_resolver::~scripted_resolver() = default;

scripted_resolver& scripted_resolver::answer(std::string_view host, std::vector<std::string> texts,
                                             std::optional<duration> ttl)
{
    auto all = parse(texts);
    all.ttl = ttl;
    script_->add(host, {.addresses = std::move(all)});
    return *this;
}

scripted_resolver& scripted_resolver::fail(std::string_view host, error_code ec)
{
    script_->add(host, {.error = ec});
    return *this;
}

scripted_resolver& scripted_resolver::hang(std::string_view host)
{
    script_->add(host, {});
    return *this;
}

void scripted_resolver::resolve(const asio::any_io_executor& executor, std::string host,
                                address_family family, handler done)
{
    answer_step step;
    scripted_lookup started;
    {
        const std::lock_guard lock(script_->mutex);
        step = script_->next(host);
        started.state_ = std::make_shared<scripted_lookup::state>(std::move(host), family);
        script_->lookups.push_back(started);
    }
    lookup::park(started.state_, executor, std::move(done));
    if (step.addresses)
        started.state_->answer(std::move(*step.addresses));
    else if (step.error)
        started.state_->complete(step.error, {});
}

std::vector<scripted_lookup> scripted_resolver::lookups() const
{
    const std::lock_guard lock(script_->mutex);
    return script_->lookups;
}

std::vector<std::string> scripted_resolver::forgotten() const
{
    const std::lock_guard lock(script_->mutex);
    return script_->forgotten;
}

void scripted_resolver::forget(std::string_view host) noexcept
try
{
    const std::lock_guard lock(script_->mutex);
    script_->forgotten.emplace_back(host);
}
catch (const std::bad_alloc&)
{
    // A record of a test that has no memory left is not what it fails by.
}

scripted_lookup scripted_resolver::last() const
{
    const std::lock_guard lock(script_->mutex);
    if (script_->lookups.empty())
        throw std::logic_error("scripted_resolver: nothing was looked up");
    return script_->lookups.back();
}

std::size_t scripted_resolver::lookup_count(std::string_view host) const
{
    const auto all = lookups();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [host](const scripted_lookup& l) { return l.host() == host; }));
}

std::size_t scripted_resolver::pending_lookups() const
{
    const auto all = lookups();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](const scripted_lookup& l) { return l.pending(); }));
}
}
