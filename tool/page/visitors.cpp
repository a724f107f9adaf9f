// SPDX-License-Identifier: BSL-1.0
#include "visitors.hpp"

#include "page/visitor.hpp"

#include <utility>

namespace tool
{
visitors::visitors(const asio::any_io_executor& executor, hf::clock& clock, services_view& view,
                   access who)
    : clock_(clock)
    , site_(view, std::move(who))
    , feed_(std::make_shared<change_feed>(executor, clock, view, site_))
{
}

visitors::~visitors() = default;

void visitors::take(socket s)
{
    if (present_.size() >= clients_max + refused_max)
        return; // closed
    const auto v = std::make_shared<visitor>(std::move(s), shared_from_this());
    present_.insert(v.get());
    if (present_.size() <= clients_max)
        v->serve();
    else
        v->refuse();
}

void visitors::stop()
{
    while (!present_.empty())
        (*present_.begin())->close();
    feed_->stop();
}
}
