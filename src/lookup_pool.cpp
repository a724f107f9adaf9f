// SPDX-License-Identifier: BSL-1.0
#include "lookup_pool.hpp"

#include "host_name.hpp"

#include <holdfast/detail/reserved_post.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>

namespace holdfast::detail
{
namespace
{
/// How long a thread waits for another lookup before it ends.
constexpr std::chrono::milliseconds idle_time = std::chrono::seconds(1);

/// How long it waits before it posts an answer again for which there was no memory.
constexpr std::chrono::milliseconds retry_time{10};

/// Has the threads made meanwhile take no signals: those are for threads of the program.
class signals_blocked
{
public:
    signals_blocked()
    {
        ::sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, &before_);
    }
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    ::sigset_t before_;
};
}

/// One caller. Its executor counts as work, so that the context runs on while somebody waits.
struct lookup_pool::waiter
{
    waiter(const asio::any_io_executor& e, handler h)
        : executor(asio::prefer(e, asio::execution::outstanding_work.tracked))
        , done(std::move(h))
    {
    }

    /// Has it complete with its answer; throws where the executor takes no reserved memory, and
    /// there is no other.
    static void post(const std::shared_ptr<waiter>& w)
    {
        post_reserved(w->room, w->executor, [w] { w->complete(); });
    }

    void complete()
    {
        asio::get_associated_cancellation_slot(done).clear();
        std::move(done)(answer.code, std::move(answer.addresses));
    }

    asio::any_io_executor executor;
    handler done;
    lookup_answer answer;
    reserved_memory<sizeof(std::shared_ptr<waiter>) + post_overhead> room;
    std::shared_ptr<waiter> next;    // of those whose answer could not be posted
    std::weak_ptr<lookup> waits_for; // expired or without this waiter once the answer is posted
};

/// One lookup, and who waits for it.
struct lookup_pool::lookup
{
    std::string host;
    address_family family;
    bool running = false;
    bool abandoned = false;
    std::vector<std::shared_ptr<waiter>> waiters;
};

/// What the pool and its threads share; each of them keeps it alive.
struct lookup_pool::shared : std::enable_shared_from_this<shared>
{
    explicit shared(lookup_function f) : function(std::move(f)) {}

    void add(const std::shared_ptr<waiter>& w, std::string host, address_family family);
    void cancel(const std::shared_ptr<waiter>& w);
    void work();
    lookup_answer look_up(const lookup& l) const noexcept;

    /// Wakes so many threads; without the lock, on which they would only wait.
    void wake_up(unsigned sleepers);

    // All below: with the lock held.
    [[nodiscard]] unsigned go_on() noexcept;
    bool may_run() const { return !queue.empty() && running < running_max; }
    void start_thread() noexcept;
    void answer(lookup& l, lookup_answer with) noexcept;
    void post(std::shared_ptr<waiter> w) noexcept;
    void post_owed() noexcept;
    void fail_queue(error_code why) noexcept;

    const lookup_function function;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::shared_ptr<lookup>> queue;   // not begun
    std::vector<std::shared_ptr<lookup>> wanted; // begun or not, and somebody waits
    unsigned threads = 0;
    unsigned idle = 0;            // of these, how many will look at the queue
    unsigned running = 0;         // lookups that somebody waits for
    unsigned stuck = 0;           // lookups that were abandoned while they ran
    std::shared_ptr<waiter> owed; // those whose answer could not be posted
    bool dead = false;
};

lookup_pool::lookup_pool(lookup_function f) : shared_(std::make_shared<shared>(std::move(f))) {}

lookup_pool::~lookup_pool()
{
    shutdown();
}

void lookup_pool::shutdown() noexcept
{
    std::unique_lock lock(shared_->mutex);
    shared_->dead = true;
    shared_->queue.clear();
    shared_->wake.notify_all();
    // A handler may do anything when it is destroyed: never with the lock. One of these at a time,
    // since to gather them takes memory.
    const auto destroy = [&](auto dropped)
    {
        lock.unlock();
        dropped = {};
        lock.lock();
    };
    while (!shared_->wanted.empty())
    {
        const auto l = std::move(shared_->wanted.back()); // a thread may hold it, but no waiter
        shared_->wanted.pop_back();
        destroy(std::exchange(l->waiters, {}));
    }
    while (shared_->owed != nullptr)
    {
        auto w = std::move(shared_->owed);
        shared_->owed = std::move(w->next);
        destroy(std::move(w));
    }
}

void lookup_pool::resolve(const asio::any_io_executor& executor, std::string host,
                          address_family family, handler done)
{
    lookup_answer at_once;
    boost::system::error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    if (!not_an_address)
    {
        if ((family == address_family::ipv4 && !address.is_v4()) ||
            (family == address_family::ipv6 && !address.is_v6()))
            at_once.code = errc::no_address;
        else
            at_once.addresses.push_back(address);
    }
    else
    {
        ascii_name name = to_ascii_name(host);
        if (name.problem == nullptr)
        {
            auto w = std::make_shared<waiter>(executor, std::move(done));
            auto slot = asio::get_associated_cancellation_slot(w->done);
            if (slot.is_connected())
                slot.assign(
                    [weak_shared = std::weak_ptr(shared_),
                     weak = std::weak_ptr(w)](asio::cancellation_type type)
                    {
                        const auto s = weak_shared.lock();
                        const auto waiting = weak.lock();
                        if (s && waiting && type != asio::cancellation_type::none)
                            s->cancel(waiting);
                    });
            shared_->add(w, std::move(name.text), family);
            return;
        }
        at_once.code = errc::invalid_name;
    }
    asio::post(executor, asio::append(std::move(done), at_once.code, std::move(at_once.addresses)));
}

void lookup_pool::shared::add(const std::shared_ptr<waiter>& w, std::string host,
                              address_family family)
{
    std::unique_lock lock(mutex);
    if (dead)
        return;
    const auto same = std::find_if(wanted.begin(), wanted.end(), [&](const auto& l)
                                   { return l->family == family && l->host == host; });
    if (same != wanted.end())
    {
        (*same)->waiters.push_back(w);
        w->waits_for = *same;
        return;
    }
    auto l = std::make_shared<lookup>();
    l->host = std::move(host);
    l->family = family;
    l->waiters.push_back(w);
    w->waits_for = l;
    wanted.reserve(wanted.size() + 1);
    queue.push_back(l); // the last thing that can throw
    wanted.push_back(std::move(l));
    const auto sleepers = go_on();
    lock.unlock();
    wake_up(sleepers);
}

void lookup_pool::shared::cancel(const std::shared_ptr<waiter>& w)
{
    std::unique_lock lock(mutex);
    if (dead)
        return;
    w->answer = {asio::error::operation_aborted, {}};
    const auto l = w->waits_for.lock();
    if (!l || std::erase(l->waiters, w) == 0)
        return; // its completion is on its way
    post(w);
    if (!l->waiters.empty())
        return;
    std::erase(wanted, l);
    if (l->running)
    {
        l->abandoned = true;
        --running;
        ++stuck;
    }
    else
        std::erase(queue, l);
    const auto sleepers = go_on();
    lock.unlock();
    wake_up(sleepers);
}

void lookup_pool::shared::wake_up(unsigned sleepers)
{
    for (; sleepers != 0; --sleepers)
        wake.notify_one();
}

/// Sees to it that there are threads for as many lookups as may begin, and tells how many of them
/// are to be woken.
unsigned lookup_pool::shared::go_on() noexcept
{
    post_owed();
    if (stuck >= stuck_max)
    {
        fail_queue(errc::too_many_lookups);
        return 0;
    }
    const auto startable = std::min(static_cast<unsigned>(queue.size()), running_max - running);
    for (unsigned i = idle; i < startable; ++i)
        start_thread();
    return startable;
}

void lookup_pool::shared::start_thread() noexcept
{
    // The queue waits for the threads there are; without any it would wait for ever.
    const auto without = [this](error_code why)
    {
        if (threads == stuck)
            fail_queue(why);
    };
    try
    {
        const signals_blocked quiet;
        std::thread([self = shared_from_this()] { self->work(); }).detach();
        ++threads;
        ++idle;
    }
    catch (const std::system_error& e)
    {
        without({e.code().value(), boost::system::system_category()});
    }
    catch (const std::bad_alloc&)
    {
        without(asio::error::no_memory);
    }
}

void lookup_pool::shared::work()
{
    std::unique_lock lock(mutex);
    const auto next = [this] { return dead || may_run(); };
    while (wake.wait_for(lock, owed != nullptr ? retry_time : idle_time, next) || owed != nullptr)
    {
        if (dead)
            break;
        post_owed();
        if (!may_run())
            continue;
        const auto l = std::move(queue.front());
        queue.pop_front();
        l->running = true;
        ++running;
        --idle;
        lock.unlock();
        lookup_answer found = look_up(*l);
        lock.lock();
        ++idle;
        if (l->abandoned)
            --stuck;
        else
        {
            --running;
            if (!dead)
            {
                std::erase(wanted, l);
                answer(*l, std::move(found));
            }
        }
    }
    --idle;
    --threads;
}

lookup_answer lookup_pool::shared::look_up(const lookup& l) const noexcept
{
    try
    {
        return function(l.host, l.family);
    }
    catch (const std::bad_alloc&)
    {
        return {asio::error::no_memory, {}};
    }
}

/// Posts the answer to all who wait. The lock is what keeps their context alive meanwhile.
void lookup_pool::shared::answer(lookup& l, lookup_answer with) noexcept
{
    const auto last = l.waiters.empty() ? nullptr : l.waiters.back();
    for (auto& w : l.waiters)
    {
        if (w == last)
            break;
        try
        {
            w->answer = with;
        }
        catch (const std::bad_alloc&)
        {
            w->answer = {asio::error::no_memory, {}};
        }
        post(std::move(w));
    }
    if (last != nullptr)
    {
        last->answer = std::move(with);
        post(last);
    }
    l.waiters.clear();
}

void lookup_pool::shared::post(std::shared_ptr<waiter> w) noexcept
{
    try
    {
        waiter::post(w);
    }
    catch (const std::bad_alloc&)
    {
        w->next = std::move(owed);
        owed = std::move(w);
    }
}

/// Tries those again whose answer could not be posted.
void lookup_pool::shared::post_owed() noexcept
{
    for (auto next = std::move(owed); next != nullptr;)
    {
        auto w = std::move(next);
        next = std::move(w->next);
        post(std::move(w));
    }
}

void lookup_pool::shared::fail_queue(error_code why) noexcept
{
    while (!queue.empty())
    {
        const auto l = std::move(queue.front());
        queue.pop_front();
        std::erase(wanted, l);
        answer(*l, {why, {}});
    }
}
}
