// SPDX-License-Identifier: BSL-1.0
#include "parked.hpp"

#include <vector>

namespace holdfast::testing
{
asio::execution_context::id parking::id;

void parking::add(parked_base& operation)
{
    const std::lock_guard lock(mutex_);
    all_.insert(&operation);
}

void parking::remove(parked_base& operation) noexcept
{
    const std::lock_guard lock(mutex_);
    all_.erase(&operation);
}

void parking::shutdown() noexcept
{
    // First none of them can complete any more, then the handlers go: what these own may close the
    // other end of something, which must not post to a context that is going away.
    std::vector<std::shared_ptr<parked_base>> left;
    {
        const std::lock_guard lock(mutex_);
        left.reserve(all_.size());
        for (parked_base* operation : all_)
            if (auto alive = operation->weak_from_this().lock())
                left.push_back(std::move(alive));
        all_.clear();
    }
    for (const auto& operation : left)
    {
        const std::lock_guard lock(operation->mutex_);
        operation->parking_ = nullptr;
    }
    for (const auto& operation : left)
    {
        operation->abandoned();
        operation->drop();
    }
}
}
