// SPDX-License-Identifier: BSL-1.0
#include "lookup_pool.hpp"

#include "host_name.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <signal.h>

namespace holdfast::detail
{
namespace
{
/// How long a thread waits for another lookup before it ends.
constexpr auto idle_time = std::chrono::seconds(1);

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

    void complete()
    {
        asio::get_associated_cancellation_slot(done).clear();
        std::move(done)(answer.code, std::move(answer.addresses));
    }

    asio::any_io_executor executor;
    handler done;
    lookup_answer answer;
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

    /// Wakes so many threads; without the lock, on which they would only wait.
    void wake_up(unsigned sleepers);

    // All below: with the lock held.
    [[nodiscard]] unsigned go_on();
    bool may_run() const { return !queue.empty() && running < running_max; }
    void start_thread();
    void answer(lookup& l, lookup_answer with);
    void fail_queue(error_code why);

    const lookup_function function;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::shared_ptr<lookup>> queue;   // not begun
    std::vector<std::shared_ptr<lookup>> wanted; // begun or not, and somebody waits
    unsigned threads = 0;
    unsigned idle = 0;    // of these, how many will look at the queue
    unsigned running = 0; // lookups that somebody waits for
    unsigned stuck = 0;   // lookups that were abandoned while they ran
    bool dead = false;
};

lookup_pool::lookup_pool(lookup_function f) : shared_(std::make_shared<shared>(std::move(f))) {}

lookup_pool::~lookup_pool()
{
    shutdown();
}

void lookup_pool::shutdown() noexcept
{
    std::vector<std::shared_ptr<waiter>> dropped; // destroyed after the lock is given back
    const std::lock_guard lock(shared_->mutex);
    shared_->dead = true;
    for (const auto& l : std::exchange(shared_->wanted, {})) // a thread may hold it, but no waiter
        for (auto& w : std::exchange(l->waiters, {}))
            dropped.push_back(std::move(w));
    shared_->queue.clear();
    shared_->wake.notify_all();
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
        w->waits_for = *same;
        (*same)->waiters.push_back(w);
        return;
    }
    auto l = std::make_shared<lookup>();
    l->host = std::move(host);
    l->family = family;
    l->waiters.push_back(w);
    w->waits_for = l;
    wanted.push_back(l);
    queue.push_back(std::move(l));
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
    asio::post(w->executor, [w] { w->complete(); });
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
unsigned lookup_pool::shared::go_on()
{
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

void lookup_pool::shared::start_thread()
{
    try
    {
        const signals_blocked quiet;
        std::thread([self = shared_from_this()] { self->work(); }).detach();
        ++threads;
        ++idle;
    }
    catch (const std::system_error& e)
    {
        // The queue waits for the threads there are; without any it would wait for ever.
        if (threads == stuck)
            fail_queue({e.code().value(), boost::system::system_category()});
    }
}

void lookup_pool::shared::work()
{
    std::unique_lock lock(mutex);
    while (wake.wait_for(lock, idle_time, [this] { return dead || may_run(); }) && !dead)
    {
        const auto l = std::move(queue.front());
        queue.pop_front();
        l->running = true;
        ++running;
        --idle;
        lock.unlock();
        lookup_answer found = function(l->host, l->family);
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

/// Posts the answer to all who wait. The lock is what keeps their context alive meanwhile.
void lookup_pool::shared::answer(lookup& l, lookup_answer with)
{
    for (auto& w : l.waiters)
    {
        w->answer = &w == &l.waiters.back() ? std::move(with) : with;
        const auto executor = w->executor;
        asio::post(executor, [w = std::move(w)] { w->complete(); });
    }
    l.waiters.clear();
}

void lookup_pool::shared::fail_queue(error_code why)
{
    for (const auto& l : std::exchange(queue, {}))
    {
        std::erase(wanted, l);
        answer(*l, {why, {}});
    }
}
}
