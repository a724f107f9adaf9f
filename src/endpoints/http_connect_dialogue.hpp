// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_HTTP_CONNECT_DIALOGUE_HPP
#define HOLDFAST_SRC_ENDPOINTS_HTTP_CONNECT_DIALOGUE_HPP

#include <holdfast/detail/proxy_client.hpp>
#include <holdfast/endpoints/proxy_error.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::detail
{
/// What an HTTP proxy is asked with CONNECT, and what its answer means (RFC 9110, 9112).
///
/// The length of a header is not known before its end. What is known at each byte is how many more
/// it must have, since it ends with CR LF CR LF: so many are asked for, and no more.
class http_connect_dialogue final : public proxy_dialogue
{
public:
    /// A longer header is refused.
    static constexpr std::size_t header_max = 8192;

    struct question
    {
        std::string target{}; ///< `host:port`, as it goes over the wire.
        std::string user{};   ///< Empty: nobody.
        std::string password{};
    };

    explicit http_connect_dialogue(question q) : question_(std::move(q)) {}

    proxy_step begin() override;
    proxy_step received(std::string_view bytes) override;
    std::string remark() const override { return remark_; }
    std::vector<std::pair<std::string, std::string>> facts() const override;

private:
    proxy_step header_read();
    proxy_step malformed();
    proxy_errc error_of(unsigned status) const;

    const question question_;
    std::string header_;    // so far
    std::size_t total_ = 0; // with the headers before it that were not final
    unsigned status_ = 0;
    std::string remark_;
};
}

#endif
