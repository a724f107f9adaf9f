// SPDX-License-Identifier: BSL-1.0
#include "run/job_end.hpp"

#include "run/forward_end.hpp"
#include "run/log_end.hpp"

#include <holdfast/clock.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tool
{
namespace
{
/// Has nothing to send, and takes whatever comes.
class hold_end final : public job_end
{
public:
    explicit hold_end(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    asio::awaitable<transfer> read(std::span<char> /*buffer*/) override
    {
        const auto [ec] = co_await hf::default_clock(executor_).async_wait_until(
            executor_, hf::time_point::max(), asio::as_tuple(asio::use_awaitable));
        co_return transfer{ec, 0};
    }

    asio::awaitable<error_code> write(std::string_view /*bytes*/) override
    {
        co_return error_code();
    }

private:
    asio::any_io_executor executor_;
};
}

std::shared_ptr<job_end> make_job_end(const job_config& job, const asio::any_io_executor& executor,
                                      const note_sink& note)
{
    struct maker
    {
        const asio::any_io_executor& executor;
        const note_sink& note;

        std::shared_ptr<job_end> operator()(const hold_job&) const
        {
            return std::make_shared<hold_end>(executor);
        }
        std::shared_ptr<job_end> operator()(const forward_job& f) const
        {
            return std::make_shared<forward_end>(executor, f, note);
        }
        std::shared_ptr<job_end> operator()(const exec_job&) const { return nullptr; }
        std::shared_ptr<job_end> operator()(const log_job& l) const
        {
            return std::make_shared<log_end>(executor, l.file, note);
        }
    };
    return std::visit(maker{executor, note}, job);
}
}
