// SPDX-License-Identifier: BSL-1.0
#include <holdfast/clock.hpp>

#include <holdfast/detail/reserved_post.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <cassert>
#include <memory>
#include <utility>

namespace holdfast
{
namespace
{
/// How long a timer is put off whose owner had no memory to hear of its expiry.
constexpr duration retry_after_no_memory = std::chrono::milliseconds(10);

class wait_operation;

/// The waits of one context, on whatever clocks: they go when it goes, as all its operations do,
/// while a clock that is not of that context stays, and must not wake them.
class waits final : public asio::execution_context::service
{
public:
    static asio::execution_context::id id;

    explicit waits(asio::execution_context& context) : asio::execution_context::service(context) {}
    ~waits() override;

    void add(wait_operation& w) noexcept;
    void remove(wait_operation& w) noexcept;

private:
    void shutdown() noexcept override;

    std::mutex mutex_;
    wait_operation* first_ = nullptr;
    wait_operation* over_ = nullptr; // what is posted may still lie in their rooms
};

asio::execution_context::id waits::id;

/// One `async_wait_until`: owns itself from its start to its completion.
///
/// The handler is taken by whoever comes first, the expiry or the cancellation.
class wait_operation final : public clock::timer
{
public:
    using handler = asio::any_completion_handler<void(error_code)>;

    wait_operation(clock& c, const asio::any_io_executor& home, handler done)
        : clock_(c)
        , home_(asio::prefer(home, asio::execution::outstanding_work.tracked))
        , done_(std::move(done))
        , waits_(asio::use_service<waits>(asio::query(home, asio::execution::context)))
    {
        waits_.add(*this);
    }

    ~wait_operation() { waits_.remove(*this); }

    void start(time_point at)
    {
        auto slot = asio::get_associated_cancellation_slot(done_);
        if (slot.is_connected())
            slot.assign(
                [this](asio::cancellation_type type)
                {
                    if (type != asio::cancellation_type::none && clock_.disarm(*this))
                        cancel();
                });
        clock_.arm(*this, at);
    }

private:
    friend class waits;

    void cancel() noexcept
    {
        code_ = asio::error::operation_aborted;
        try
        {
            post();
        }
        catch (...) // an executor that takes no reserved memory: the clock tries again
        {
            clock_.arm(*this, clock_.now());
        }
    }

    void expired() override { post(); }

    void dropped() noexcept override { delete this; }

    void post()
    {
        detail::post_reserved(room_, home_, [this] { complete(); });
    }

    void complete()
    {
        asio::get_associated_cancellation_slot(done_).clear();
        auto done = std::move(done_);
        const auto home = std::move(home_);
        const auto code = code_;
        delete this;
        std::move(done)(code);
    }

    clock& clock_;
    asio::any_io_executor home_;
    handler done_; // which may be called from there
    error_code code_;
    detail::reserved_memory<sizeof(void*) + detail::post_overhead> room_;
    waits& waits_;
    wait_operation* next_ = nullptr;
    wait_operation* previous_ = nullptr;
};

void waits::add(wait_operation& w) noexcept
{
    const std::lock_guard lock(mutex_);
    w.next_ = std::exchange(first_, &w);
    if (w.next_ != nullptr)
        w.next_->previous_ = &w;
}

void waits::remove(wait_operation& w) noexcept
{
    const std::lock_guard lock(mutex_);
    (w.previous_ != nullptr ? w.previous_->next_ : first_) = w.next_;
    if (w.next_ != nullptr)
        w.next_->previous_ = w.previous_;
}

void waits::shutdown() noexcept
{
    // No thread runs the context any more. Destroying one handler may end other waits.
    while (first_ != nullptr)
    {
        wait_operation* const w = first_;
        remove(*w);
        w->next_ = std::exchange(over_, w);
        w->clock_.disarm(*w); // if it was posted already, what was posted will not run
        const auto home = std::move(w->home_);
        const auto done = std::move(w->done_);
    }
}

waits::~waits()
{
    while (over_ != nullptr)
    {
        wait_operation* const w = over_;
        over_ = std::exchange(w->next_, nullptr);
        delete w;
    }
}
}

clock::~clock()
{
    assert(root_ == nullptr && "a timer outlived its clock");
}

void clock::arm(timer& t, time_point at, std::uint32_t number) noexcept
{
    const std::lock_guard lock(mutex_);
    if (t.previous_ != &t)
        unlink(t);
    t.number_ = number;
    link(t, at);
    if (root_ == &t)
        earliest_changed();
}

bool clock::disarm(timer& t) noexcept
{
    const std::lock_guard lock(mutex_);
    if (t.previous_ == &t)
        return false;
    unlink(t);
    if (root_ == nullptr)
        earliest_changed();
    return true;
}

std::size_t clock::armed() const noexcept
{
    const std::lock_guard lock(mutex_);
    return armed_;
}

void clock::start(const asio::any_io_executor& home,
                  asio::any_completion_handler<void(error_code)> done, time_point at)
{
    auto w = std::make_unique<wait_operation>(*this, home, std::move(done));
    w->start(at);
    [[maybe_unused]] const auto* const kept = w.release(); // it owns itself from here on
}

std::size_t clock::expire_due(time_point now) noexcept
{
    const std::lock_guard lock(mutex_);
    std::size_t expired = 0;
    while (root_ != nullptr && root_->at_ <= now)
    {
        timer& t = *root_;
        unlink(t);
        try
        {
            t.expired();
            ++expired;
        }
        catch (...) // no memory to post: nothing is lost, it is tried again
        {
            link(t, now + retry_after_no_memory);
        }
    }
    return expired;
}

time_point clock::earliest() const noexcept
{
    return root_ != nullptr ? root_->at_ : time_point::max();
}

void clock::drop_all() noexcept
{
    for (;;)
    {
        timer* t = nullptr;
        {
            const std::lock_guard lock(mutex_);
            t = root_;
            if (t == nullptr)
                return;
            unlink(*t);
        }
        t->dropped();
    }
}

// The heap is a pairing heap: it needs no memory of its own and gives a timer back from anywhere.

/// Makes one heap of two: the later root becomes the first child of the earlier one.
clock::timer* clock::meld(timer* a, timer* b) noexcept
{
    if (b == nullptr)
        return a;
    if (b->at_ < a->at_)
        std::swap(a, b);
    b->next_ = a->child_;
    if (b->next_ != nullptr)
        b->next_->previous_ = b;
    b->previous_ = a;
    a->child_ = b;
    return a;
}

/// Makes one heap of a list of siblings: melds them in pairs from the left, then the pairs from the
/// right, which is what keeps the heap's costs logarithmic (Fredman and others, 1986).
clock::timer* clock::meld_siblings(timer* first) noexcept
{
    timer* pairs = nullptr; // linked through next_, the last pair first
    while (first != nullptr)
    {
        timer* const a = first;
        timer* const b = a->next_;
        first = b != nullptr ? b->next_ : nullptr;
        a->next_ = a->previous_ = nullptr;
        if (b != nullptr)
            b->next_ = b->previous_ = nullptr;
        timer* const pair = meld(a, b);
        pair->next_ = pairs;
        pairs = pair;
    }
    timer* root = nullptr;
    while (pairs != nullptr)
    {
        timer* const rest = std::exchange(pairs->next_, nullptr);
        root = meld(pairs, root);
        pairs = rest;
    }
    return root;
}

void clock::link(timer& t, time_point at) noexcept
{
    t.at_ = at;
    t.child_ = t.next_ = t.previous_ = nullptr;
    root_ = meld(&t, root_);
    ++armed_;
}

void clock::unlink(timer& t) noexcept
{
    timer* const rest = meld_siblings(std::exchange(t.child_, nullptr));
    if (root_ == &t)
        root_ = rest;
    else
    {
        if (t.previous_->child_ == &t)
            t.previous_->child_ = t.next_;
        else
            t.previous_->next_ = t.next_;
        if (t.next_ != nullptr)
            t.next_->previous_ = t.previous_;
        root_ = meld(root_, rest);
    }
    t.next_ = nullptr;
    t.previous_ = &t;
    --armed_;
}
}
