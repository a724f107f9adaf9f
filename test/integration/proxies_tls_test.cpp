// SPDX-License-Identifier: BSL-1.0
// TLS by way of a real proxy.
#include "integration/proxies.hpp"
#include "support/certificates.hpp"
#include "support/tls_server.hpp"

#include <holdfast/endpoints/tls.hpp>

#include <string>

namespace
{
namespace hf = holdfast;
using tls_by_proxy = proxies::fixture;

const hf::registry& known()
{
    static const hf::registry all = []
    {
        auto r = hf::registry::standard();
        hf::tls::register_endpoints(r);
        return r;
    }();
    return all;
}

TEST_F(tls_by_proxy, CS_7D_a_server_is_verified_at_the_far_end_of_a_socks5_proxy)
{
    SKIP_WITHOUT_PROGRAM("danted");
    const support::tls_server server(io_);
    const auto proxy = proxies::dante();
    const auto to = [&](const std::string& name)
    {
        return dial("tls://127.0.0.1:" + std::to_string(server.port()) +
                        "?trustRoots=" + support::certificate("root.pem") + "&hostname=" + name +
                        "&via=socks5://127.0.0.1:" + std::to_string(proxy.port()),
                    known());
    };
    auto good = to("good.test");
    ASSERT_FALSE(good.code) << good.code.message() << ": " << good.detail();
    EXPECT_EQ(exchange(*good.stream, "hello", 5), "hello");
    EXPECT_EQ(server.last().server_name, "good.test");

    const auto wrong = to("other.test");
    EXPECT_EQ(wrong.code, hf::condition::peer_not_verified);
    EXPECT_EQ(wrong.report.phase, hf::phase::tls);
}
}
