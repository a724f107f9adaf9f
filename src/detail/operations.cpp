// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/operations.hpp>

namespace holdfast::detail
{
void stop_operation::complete(error_code ec)
{
    asio::post(driver_->executor(),
               [self = boost::intrusive_ptr<stop_operation>(this), ec] { self->finish(ec); });
}

void stop_operation::start(const boost::intrusive_ptr<driver>& d, handler done)
{
    const boost::intrusive_ptr<waiter> w(new stop_operation(d, std::move(done)));
    d->use([w](driver& self) { self.stop(*w); });
}
}
