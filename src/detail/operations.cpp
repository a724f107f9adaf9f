// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/operations.hpp>

namespace holdfast::detail
{
void stop_operation::call(handler done, error_code ec)
{
    std::move(done)(ec);
}

void stop_operation::start(const boost::intrusive_ptr<driver>& d, handler done,
                           const asio::any_io_executor& home)
{
    const boost::intrusive_ptr<stop_operation> w(new stop_operation(d, std::move(done), home));
    try
    {
        d->use([w](driver& self) { self.stop(*w); });
    }
    catch (...)
    {
        w->forget();
        throw;
    }
}
}
