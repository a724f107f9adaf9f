// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/waiter.hpp>

#include <utility>

namespace holdfast::detail
{
using pointer = boost::intrusive_ptr<waiter>;

waiter_list::~waiter_list()
{
    while (first_ != nullptr)
        remove(*first_);
}

void waiter_list::add(waiter& w) noexcept
{
    intrusive_ptr_add_ref(&w);
    w.list_ = this;
    w.previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &w;
    last_ = &w;
}

bool waiter_list::remove(waiter& w) noexcept
{
    waiter_list* const list = std::exchange(w.list_, nullptr);
    if (list == nullptr)
        return false;
    (w.previous_ != nullptr ? w.previous_->next_ : list->first_) = w.next_;
    (w.next_ != nullptr ? w.next_->previous_ : list->last_) = w.previous_;
    w.next_ = w.previous_ = nullptr;
    intrusive_ptr_release(&w);
    return true;
}

void waiter_list::add_all(waiter_list& from) noexcept
{
    while (const auto w = from.take_first())
        add(*w);
}

pointer waiter_list::take_first() noexcept
{
    pointer w(first_);
    if (w != nullptr)
        remove(*w);
    return w;
}

void waiter_list::complete_all(error_code ec) noexcept
{
    while (const auto w = take_first())
        w->complete(ec);
}

void waiter_list::count_failure(error_code ec) noexcept
{
    for (waiter* next = first_; next != nullptr;)
    {
        const pointer w(next);
        next = w->next_;
        if (w->failures_left == 0 || --w->failures_left != 0)
            continue;
        remove(*w);
        w->complete(ec);
    }
}
}
