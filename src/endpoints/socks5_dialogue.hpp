// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_SOCKS5_DIALOGUE_HPP
#define HOLDFAST_SRC_ENDPOINTS_SOCKS5_DIALOGUE_HPP

#include <holdfast/detail/proxy_client.hpp>
#include <holdfast/endpoints/proxy_error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::detail
{
/// What a SOCKS5 proxy is asked, and what its answers mean (RFC 1928 and 1929).
///
///     begin --> method --> [user] --> reply --> (the target)
///
/// The lengths of all answers are known before their ends, so each is read just so far.
class socks5_dialogue final : public proxy_dialogue
{
public:
    struct question
    {
        std::variant<std::string, asio::ip::address> host{}; ///< A name of at most 255 bytes.
        std::uint16_t port = 0;
        std::string user{}; ///< Empty: nobody.
        std::string password{};
    };

    explicit socks5_dialogue(question q) : question_(std::move(q)) {}

    proxy_step begin() override;
    proxy_step received(std::string_view bytes) override;
    std::string remark() const override { return remark_; }
    std::vector<std::pair<std::string, std::string>> facts() const override;

private:
    enum class waiting_for
    {
        method, ///< Which way of authentication it chooses.
        user,   ///< Whether it takes the user and the password.
        reply,  ///< Whether the target was reached.
    };

    proxy_step method_chosen();
    proxy_step user_answered();
    proxy_step replied();
    proxy_step ask_user();
    proxy_step ask_target();
    proxy_step malformed();
    proxy_step next(waiting_for what, std::string write, std::size_t size);

    const question question_;
    waiting_for waiting_ = waiting_for::method;
    std::string answer_;   // so far
    std::size_t size_ = 0; // that it must at least have
    bool told_user_ = false;
    std::string remark_;
};
}

#endif
