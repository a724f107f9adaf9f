// SPDX-License-Identifier: BSL-1.0
#include "tickets.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::detail
{
namespace
{
/// With a ticket no certificate is verified anew: it must not outlive the one that was.
bool still_valid(const SSL_SESSION* ticket)
{
    const X509* const certificate = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(ticket));
    return certificate == nullptr || X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}
}

void ticket_store::keep(owned_session ticket) noexcept
{
    const std::lock_guard lock(mutex_);
    if (count_ == kept_max)
    {
        std::rotate(kept_.begin(), kept_.begin() + 1, kept_.end());
        --count_;
    }
    kept_[count_++] = std::move(ticket);
}

owned_session ticket_store::take() noexcept
{
    const std::lock_guard lock(mutex_);
    while (count_ != 0)
    {
        owned_session& newest = kept_[count_ - 1];
        if (!still_valid(newest.get()))
        {
            newest = nullptr;
            --count_;
            continue;
        }
        if (SSL_SESSION_get_protocol_version(newest.get()) >= TLS1_3_VERSION)
        {
            --count_;
            return std::move(newest);
        }
        SSL_SESSION_up_ref(newest.get());
        return owned_session(newest.get());
    }
    return nullptr;
}
}
