// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TLS_TICKETS_HPP
#define HOLDFAST_SRC_TLS_TICKETS_HPP

#include "openssl.hpp"

#include <array>
#include <cstddef>
#include <mutex>

namespace holdfast::detail
{
/// The tickets that a server gave, the newest of which is offered to it next. Safe from any thread.
///
/// One of TLS 1.3 is used once, so that connections cannot be told to be of one client (RFC 8446,
/// C.4); an older one serves until another takes its place.
class ticket_store
{
public:
    static constexpr std::size_t kept_max = 8;

    void keep(owned_session ticket) noexcept;

    /// The newest ticket whose certificate is still valid, or null.
    owned_session take() noexcept;

private:
    std::mutex mutex_;
    std::array<owned_session, kept_max> kept_; // the oldest first
    std::size_t count_ = 0;
};
}

#endif
