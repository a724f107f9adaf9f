// SPDX-License-Identifier: BSL-1.0
// A stranger's program: waits a millisecond on the clock of the library, and looks at an error.
#include <holdfast/clock.hpp>
#include <holdfast/error.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <iostream>

int main()
{
    boost::asio::io_context context;
    auto& clock = holdfast::default_clock(context.get_executor());
    auto result = make_error_code(holdfast::errc::stopped);
    clock.async_wait_until(context.get_executor(), clock.now() + std::chrono::milliseconds(1),
                           [&](boost::system::error_code ec) { result = ec; });
    context.run();
    std::cout << result.message() << '\n';
    return result ? 1 : 0;
}
