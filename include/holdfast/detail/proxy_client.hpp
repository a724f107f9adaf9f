// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_PROXY_CLIENT_HPP
#define HOLDFAST_DETAIL_PROXY_CLIENT_HPP

#include <holdfast/error.hpp>
#include <holdfast/time.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::detail
{
namespace asio = boost::asio;

/// What to do next with a connection to a proxy.
struct proxy_step
{
    std::string write{};      ///< To be written first, whole.
    std::size_t read_max = 0; ///< Then read so much, or less; 0: it belongs to the target.
    error_code code{};        ///< Or it is over.
};

/// What is said on one connection to a proxy until that belongs to the target. It never asks for
/// more bytes than the answer must still have, so that the first byte of the target stays where it
/// is. Pure: it reads and writes nothing itself.
class proxy_dialogue
{
public:
    proxy_dialogue() = default;
    proxy_dialogue(const proxy_dialogue&) = delete;
    proxy_dialogue& operator=(const proxy_dialogue&) = delete;
    virtual ~proxy_dialogue() = default;

    virtual proxy_step begin() = 0;

    /// What was asked for has come: from 1 to `read_max` bytes.
    virtual proxy_step received(std::string_view bytes) = 0;

    /// What there is to say of the answer beyond the code; may be empty.
    virtual std::string remark() const { return {}; }

    /// What came of it, each with its name. Nothing secret.
    virtual std::vector<std::pair<std::string, std::string>> facts() const { return {}; }
};

/// What is known where a dialogue begins.
struct proxy_occasion
{
    std::optional<asio::ip::address> target{}; ///< As it was looked up here.
    std::string local{};                       ///< Of the connection, where it has one.
    std::string remote{};                      ///< The same.
};

/// One proxy and what it is asked for, whatever it speaks: what dials of one endpoint and its
/// copies share.
class proxy_client
{
public:
    proxy_client() = default;
    proxy_client(const proxy_client&) = delete;
    proxy_client& operator=(const proxy_client&) = delete;
    virtual ~proxy_client() = default;

    virtual std::unique_ptr<proxy_dialogue> begin(const proxy_occasion& occasion) const = 0;

    /// The name to look up before; empty: none.
    virtual std::string lookup_name() const { return {}; }

    /// Whether the occasion is to have the addresses of the connection.
    virtual bool wants_addresses() const noexcept { return false; }

    virtual duration timeout() const noexcept = 0;

    /// What is done, for a step: `ask the SOCKS5 proxy for example.com:443`.
    virtual std::string act() const = 0;

    /// While the endpoint below dials: what is true if it fails. May be null.
    virtual std::shared_ptr<const std::string> not_reached() const noexcept { return nullptr; }

    /// While the dialogue goes on: what is true if it fails. May be null.
    virtual std::shared_ptr<const std::string> asked() const noexcept { return nullptr; }

    /// The description of an endpoint, given that of the one below.
    virtual std::string describe(const std::string& below) const = 0;
};
}

#endif
