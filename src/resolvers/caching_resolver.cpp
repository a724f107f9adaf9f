// SPDX-License-Identifier: BSL-1.0
#include <holdfast/resolvers/caching_resolver.hpp>

#include <holdfast/duration.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <compare>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;

constexpr std::size_t entries_limit = 65'536;
constexpr std::size_t addresses_max = 256; // of one answer: more are not tried in one dial
constexpr duration length_max = 24h;

void check(const char* name, duration d, duration least)
{
    if (d < least || d > length_max)
        throw std::invalid_argument("caching_resolver: " + std::string(name) + " " + to_string(d) +
                                    " is not between zero and 24 hours");
}

const caching_options& checked(const caching_options& o)
{
    check("ttl", o.ttl, duration(1));
    check("ttl_min", o.ttl_min, 0s);
    check("ttl_max", o.ttl_max, duration(1));
    check("negative_ttl", o.negative_ttl, 0s);
    if (o.ttl_min > o.ttl_max)
        throw std::invalid_argument("caching_resolver: ttl_min is above ttl_max");
    if (o.entries_max == 0 || o.entries_max > entries_limit)
        throw std::invalid_argument("caching_resolver: entries_max is not from 1 to 65536");
    return o;
}

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c)
                           { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

struct question
{
    std::string host; // in small letters
    address_family family = address_family::any;

    auto operator<=>(const question&) const = default;
};

struct answer
{
    error_code code;
    resolver::addresses addresses;
};
}

/// What the resolver shares with the lookups under way, which may outlive it.
struct caching_resolver::shared
{
    struct lookup;

    /// One caller. Its executor counts as work, so that the context runs on while it waits.
    struct waiter
    {
        waiter(const asio::any_io_executor& e, handler h)
            : executor(asio::prefer(e, asio::execution::outstanding_work.tracked))
            , done(std::move(h))
        {
        }

        asio::any_io_executor executor;
        handler done;
        answer result{};
        std::weak_ptr<lookup> waits_for{};
    };

    /// A lookup under way is joined by callers of its own context alone: with others it would end
    /// when that does.
    struct lookup_key
    {
        question q;
        const asio::execution_context* context = nullptr;

        auto operator<=>(const lookup_key&) const = default;
    };

    struct lookup
    {
        lookup_key key;
        asio::any_io_executor executor; // on which the resolver behind works for it
        asio::cancellation_signal cancel{};
        std::vector<std::shared_ptr<waiter>> waiters{};
    };

    struct entry
    {
        answer what;
        time_point until;
    };

    struct lookup_handler;

    shared(holdfast::clock& c, const caching_options& o) : clock(c), options(o) {}

    void cancel(const std::shared_ptr<waiter>& w);
    void answered(const std::shared_ptr<lookup>& l, answer a);
    void dropped(const std::shared_ptr<lookup>& l) noexcept;

    // All below: with the lock held.
    const entry* find(const question& q, time_point now);
    std::vector<std::shared_ptr<waiter>> end(const std::shared_ptr<lookup>& l) noexcept;
    void remember(const question& q, const answer& a);
    std::optional<duration> holds(const answer& a) const;
    void make_room(time_point now);

    holdfast::clock& clock;
    const caching_options options;
    std::mutex mutex;
    std::map<question, entry> entries;
    std::map<lookup_key, std::shared_ptr<lookup>> lookups; // that somebody waits for
    bool dead = false;

    static void post(std::shared_ptr<waiter> w, answer a);
};

/// What the resolver behind calls. If it is destroyed without that, the context is going away, and
/// with it all who wait.
struct caching_resolver::shared::lookup_handler
{
    lookup_handler(std::shared_ptr<shared> s, std::shared_ptr<lookup> l)
        : cache(std::move(s))
        , present(std::move(l))
    {
    }
    lookup_handler(lookup_handler&&) noexcept = default;
    lookup_handler& operator=(lookup_handler&&) = delete;
    lookup_handler(const lookup_handler&) = delete;
    lookup_handler& operator=(const lookup_handler&) = delete;
    ~lookup_handler()
    {
        if (present != nullptr)
            cache->dropped(present);
    }

    using cancellation_slot_type = asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept { return present->cancel.slot(); }

    void operator()(error_code ec, addresses found)
    {
        cache->answered(std::exchange(present, nullptr), {ec, std::move(found)});
    }

    std::shared_ptr<shared> cache;
    std::shared_ptr<lookup> present;
};

caching_resolver::caching_resolver(resolver& behind, holdfast::clock& c,
                                   const caching_options& options)
    : behind_(behind)
    , shared_(std::make_shared<shared>(c, checked(options)))
{
}

caching_resolver::~caching_resolver()
{
    const std::lock_guard lock(shared_->mutex);
    shared_->dead = true;
}

std::size_t caching_resolver::entries() const
{
    const std::lock_guard lock(shared_->mutex);
    return shared_->entries.size();
}

void caching_resolver::forget(std::string_view host) noexcept
{
    {
        const std::lock_guard lock(shared_->mutex);
        try
        {
            question q{lower(host)};
            for (const auto f : {address_family::any, address_family::ipv4, address_family::ipv6})
            {
                q.family = f;
                shared_->entries.erase(q);
            }
        }
        catch (const std::bad_alloc&) // rather all than none
        {
            shared_->entries.clear();
        }
    }
    behind_.forget(host);
}

void caching_resolver::resolve(const asio::any_io_executor& executor, std::string host,
                               address_family family, handler done)
{
    error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    if (!not_an_address) // nothing to remember
        return pass_on(behind_, executor, std::move(host), family, std::move(done));

    shared& s = *shared_;
    const question q{lower(host), family};
    std::unique_lock lock(s.mutex);
    const auto now = s.clock.now();
    if (const auto* const known = s.find(q, now))
    {
        answer a = known->what;
        a.addresses.ttl = known->until - now;
        lock.unlock();
        return asio::post(executor, asio::append(std::move(done), a.code, std::move(a.addresses)));
    }
    const shared::lookup_key key{q, &asio::query(executor, asio::execution::context)};
    auto& l = s.lookups[key];
    const bool is_new = l == nullptr;
    if (is_new)
        l = std::make_shared<shared::lookup>(key, executor);
    const auto mine = l;
    const auto w = std::make_shared<shared::waiter>(executor, std::move(done));
    w->waits_for = mine;
    mine->waiters.push_back(w);
    lock.unlock();

    auto slot = asio::get_associated_cancellation_slot(w->done);
    if (slot.is_connected())
        slot.assign(
            [weak_shared = std::weak_ptr(shared_),
             weak = std::weak_ptr(w)](asio::cancellation_type type)
            {
                const auto cache = weak_shared.lock();
                const auto waiting = weak.lock();
                if (cache && waiting && type != asio::cancellation_type::none)
                    cache->cancel(waiting);
            });
    if (is_new)
        pass_on(behind_, executor, std::move(host), family, shared::lookup_handler(shared_, mine));
}

void caching_resolver::shared::post(std::shared_ptr<waiter> w, answer a)
{
    w->result = std::move(a);
    const auto executor = w->executor;
    asio::post(executor,
               [w = std::move(w)]
               {
                   asio::get_associated_cancellation_slot(w->done).clear();
                   std::move(w->done)(w->result.code, std::move(w->result.addresses));
               });
}

void caching_resolver::shared::cancel(const std::shared_ptr<waiter>& w)
{
    std::unique_lock lock(mutex);
    const auto l = w->waits_for.lock();
    if (!l || std::erase(l->waiters, w) == 0)
        return; // its completion is on its way
    const bool last = l->waiters.empty();
    if (last)
        end(l);
    lock.unlock();
    post(w, {asio::error::operation_aborted, {}});
    if (last)
        asio::post(l->executor, [l] { l->cancel.emit(asio::cancellation_type::all); });
}

void caching_resolver::shared::answered(const std::shared_ptr<lookup>& l, answer a)
{
    std::unique_lock lock(mutex);
    auto waiters = end(l);
    remember(l->key.q, a);
    lock.unlock();
    for (auto& w : waiters)
        post(std::move(w), a);
}

void caching_resolver::shared::dropped(const std::shared_ptr<lookup>& l) noexcept
{
    std::unique_lock lock(mutex);
    const auto waiters = end(l);
    lock.unlock(); // before they are destroyed, with what their handlers own
}

/// Nobody joins it any more. Gives those who waited.
std::vector<std::shared_ptr<caching_resolver::shared::waiter>>
caching_resolver::shared::end(const std::shared_ptr<lookup>& l) noexcept
{
    const auto found = lookups.find(l->key);
    if (found != lookups.end() && found->second == l)
        lookups.erase(found);
    return std::exchange(l->waiters, {});
}

const caching_resolver::shared::entry* caching_resolver::shared::find(const question& q,
                                                                      time_point now)
{
    const auto found = entries.find(q);
    if (found == entries.end())
        return nullptr;
    if (found->second.until > now)
        return &found->second;
    entries.erase(found);
    return nullptr;
}

void caching_resolver::shared::remember(const question& q, const answer& a)
{
    const auto length = holds(a);
    if (!length || dead)
        return;
    const auto now = clock.now();
    entries.erase(q);
    make_room(now);
    entries.emplace(q, entry{a, now + *length});
}

/// For how long it is remembered, if at all.
std::optional<duration> caching_resolver::shared::holds(const answer& a) const
{
    const bool no_such_name =
        a.code == asio::error::host_not_found || a.code == make_error_code(errc::no_address);
    if (no_such_name && options.negative_ttl > 0s)
        return options.negative_ttl;
    if (a.code || a.addresses.size() > addresses_max)
        return std::nullopt;
    if (!a.addresses.ttl)
        return options.ttl;
    return std::clamp(*a.addresses.ttl, options.ttl_min, options.ttl_max);
}

void caching_resolver::shared::make_room(time_point now)
{
    if (entries.size() < options.entries_max)
        return;
    std::erase_if(entries, [now](const auto& e) { return e.second.until <= now; });
    if (entries.size() >= options.entries_max)
        entries.erase(
            std::ranges::min_element(entries, {}, [](const auto& e) { return e.second.until; }));
}
}
