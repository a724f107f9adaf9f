// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_VISITORS_HPP
#define HOLDFAST_TOOL_PAGE_VISITORS_HPP

#include "page/access.hpp"
#include "page/change_feed.hpp"
#include "page/site.hpp"
#include "run/services_view.hpp"

#include <holdfast/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>

namespace tool
{
namespace asio = boost::asio;

class visitor;

/// The connections of those who look at the status page: each is answered in HTTP/1.1, for as long
/// as it behaves. What one of them can take, of memory and of time, has a limit here.
class visitors : public std::enable_shared_from_this<visitors>
{
public:
    using socket = asio::generic::stream_protocol::socket;

    static constexpr std::size_t clients_max = 64;
    static constexpr std::size_t refused_max = 16;  ///< That are being told to come back later.
    static constexpr std::size_t header_max = 8192; ///< Bytes of a request.
    static constexpr std::chrono::seconds request_max{10}; ///< From its first byte to its last.
    static constexpr std::chrono::seconds idle_max{60};    ///< Between requests.
    static constexpr std::chrono::seconds answer_max{30};  ///< Until an answer is taken.
    static constexpr std::chrono::seconds farewell_max{2}; ///< Until the peer closes its end.
    static constexpr std::size_t pushes_max = 4; ///< Events that wait for one who reads slowly.

    /// What is given must live until `stop`.
    visitors(const asio::any_io_executor& executor, hf::clock& clock, services_view& view,
             access who);
    ~visitors();

    /// Answers what comes on `s`; if there are too many, that they are too many.
    void take(socket s);

    /// Closes all connections at once, and touches nothing of what was given any more.
    void stop();

private:
    friend class visitor;

    hf::clock& clock_;
    site site_;
    std::shared_ptr<change_feed> feed_;
    std::set<visitor*> present_; // each takes itself out when it has closed
};
}

#endif
