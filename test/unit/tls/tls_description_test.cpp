// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/tls.hpp>

#include "support/certificates.hpp"

#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/unix.hpp>

#include <gtest/gtest.h>

#include <string>

namespace holdfast
{
namespace
{
using support::certificate;

const registry& known()
{
    static const registry with_tls = []
    {
        auto r = registry::standard();
        tls::register_endpoints(r);
        return r;
    }();
    return with_tls;
}

std::string made(const std::string& text)
{
    return to_string(parse_endpoint(text, known()));
}

std::string refusal(const std::string& text)
{
    try
    {
        return "made " + made(text);
    }
    catch (const description_error& e)
    {
        return e.what();
    }
}

TEST(tls_description, CS_73_makes_an_endpoint_of_each_form)
{
    EXPECT_EQ(made("tls:example.com:443"), "tls:example.com:443");
    EXPECT_EQ(made("TLS:host=example.com:port=443:timeout=5:bindAddress=127.0.0.1"),
              "tls:example.com:443:timeout=5s:bindAddress=127.0.0.1");
    EXPECT_EQ(made("tls://example.com:443?timeout=5"), "tls:example.com:443:timeout=5s");
    EXPECT_EQ(made("tls:[::1]:443"), "tls:[::1]:443");
    const auto files = "tls:h:1:trustRoots=" + certificate("root.pem") +
                       ":certificate=" + certificate("client.pem") +
                       ":privateKey=" + certificate("client.key");
    EXPECT_EQ(made(files), files);
}

TEST(tls_description, CS_73_an_endpoint_within_is_what_tls_is_spoken_over)
{
    EXPECT_EQ(made(R"(tls:example.com:443:endpoint=tcp\:127.0.0.1\:8443)"),
              R"(tls:example.com:443:endpoint=tcp\:127.0.0.1\:8443)");
    EXPECT_EQ(made(R"(tls:example.com:endpoint=unix\:/run/x.sock)"),
              R"(tls:example.com:endpoint=unix\:/run/x.sock)");
    EXPECT_EQ(made("tls://example.com:443?endpoint=tcp%3A127.0.0.1%3A8443%3Atimeout%3D5"),
              R"(tls:example.com:443:endpoint=tcp\:127.0.0.1\:8443\:timeout\=5s)");
}

TEST(tls_description, CS_76_a_kind_of_somebody_elses_can_be_what_tls_is_spoken_over)
{
    auto known = registry::standard();
    tls::register_endpoints(known);
    known.add("pigeon",
              [](const description& d, const registry& all) -> any_endpoint
              {
                  const argument_reader arguments(d, {"loft"}, {"endpoint"});
                  if (const auto* inner = arguments.find("endpoint"))
                      return all.make_within(d, *inner);
                  return unix_socket("/lofts/" + arguments.text("loft"));
              });
    EXPECT_EQ(to_string(parse_endpoint(R"(tls:h:1:endpoint=pigeon\:roof)", known)),
              R"(tls:h:1:endpoint=unix\:/lofts/roof)");
    EXPECT_EQ(to_string(parse_endpoint(R"(pigeon:x:endpoint=tls\:h\:1\:endpoint\=pigeon\\\:roof)",
                                       known)),
              R"(tls:h:1:endpoint=unix\:/lofts/roof)");
    EXPECT_EQ(to_string(parse_endpoint("tls://h:1?endpoint=pigeon%3Aroof", known)),
              R"(tls:h:1:endpoint=unix\:/lofts/roof)");
    try
    {
        parse_endpoint(R"(tls:h:1:endpoint=pigeon\:roof\:rings\=2)", known);
        ADD_FAILURE();
    }
    catch (const description_error& e)
    {
        EXPECT_EQ(e.column(), 32U);
        EXPECT_EQ(e.problem(), R"(unknown key "rings"; pigeon knows loft, endpoint)");
    }
}

TEST(tls_description, what_an_endpoint_prints_makes_it_again)
{
    for (const std::string text :
         {"tls:h:1", "tls:h:1:stagger=100ms:noDelay=0:deadAfter=never:hostname=other",
          "tls:h:1:alpn=h2,http/1.1:minVersion=1.3:handshakeTimeout=5s:resume=0",
          R"(tls:h:1:pins=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\=)",
          "tls:[::1]:1:insecureAcceptAnyCertificate=1", R"(tls:h:1:endpoint=tcp\:h\:2)",
          R"(tls:h:1:endpoint=tls\:h\:2\:endpoint\=unix\\\:/a\\\\\\\\b)"})
    {
        EXPECT_EQ(made(text), text);
        EXPECT_EQ(made(made(text)), made(text));
    }
}

TEST(tls_description, keys_given_as_pem_are_not_printed)
{
    const tls endpoint("h", 1,
                       {.certificate = support::text_of(certificate("client.pem")),
                        .private_key = support::text_of(certificate("client.key"))});
    EXPECT_EQ(to_string(endpoint), "tls:h:1:certificate=(PEM):privateKey=(PEM)");
}

TEST(tls_description, CS_77_refuses_with_one_line_that_has_the_place)
{
    EXPECT_EQ(refusal("tls:h"), "tls:h: port is missing; expected tls:HOST:PORT, then key=value");
    EXPECT_EQ(refusal("tls:h:1:trustRoots=/nowhere"),
              "tls:h:1:trustRoots=/nowhere (column 20): trustRoots \"/nowhere\" cannot be read: No "
              "such file or directory");
    EXPECT_EQ(refusal("tls:h:1:pins=x"),
              "tls:h:1:pins=x (column 14): pins \"x\" is not sha256// and 32 bytes in base64");
    EXPECT_EQ(refusal("tls:h:1:minVersion=1.1"),
              "tls:h:1:minVersion=1.1 (column 20): minVersion \"1.1\" is not one of 1.2, 1.3");
    EXPECT_EQ(refusal("tls:h:1:verify=0").substr(0, 60),
              "tls:h:1:verify=0 (column 9): unknown key \"verify\"; tls knows");
    EXPECT_EQ(refusal("tls:h:1:insecureAcceptAnyCertificate=please"),
              "tls:h:1:insecureAcceptAnyCertificate=please (column 38): "
              "insecureAcceptAnyCertificate \"please\" is not one of 0, 1, false, true");
    EXPECT_EQ(refusal(R"(tls:h:1:timeout=3:endpoint=tcp\:h\:1)"),
              R"(tls:h:1:timeout=3:endpoint=tcp\:h\:1 (column 17): timeout is for tcp; it belongs )"
              "into the description after endpoint=");
    EXPECT_EQ(refusal(R"(tls:a..b:endpoint=tcp\:h\:1)"),
              R"(tls:a..b:endpoint=tcp\:h\:1 (column 5): host "a..b" is not valid: it has an )"
              "empty label");
}

TEST(tls_description, what_is_wrong_within_is_told_of_its_place_in_the_whole)
{
    EXPECT_EQ(
        refusal(R"(tls:h:1:endpoint=tcp\:h\:x)"),
        R"(tls:h:1:endpoint=tcp\:h\:x (column 26): port "x" is not a number from 1 to 65535)");
    EXPECT_EQ(refusal(R"(tls:h:1:endpoint=tls\:h\:1\:endpoint\=tcp\\\:h\\\:x)"),
              R"(tls:h:1:endpoint=tls\:h\:1\:endpoint\=tcp\\\:h\\\:x (column 51): port "x" is not )"
              "a number from 1 to 65535");
    EXPECT_EQ(refusal("tls://h:1?endpoint=tcp%3Ah%3Ax"),
              "tls://h:1?endpoint=tcp%3Ah%3Ax (column 30): port \"x\" is not a number from 1 to "
              "65535");
}

TEST(tls_description, CS_74_the_old_spelling_is_taken_if_it_verifies_the_server)
{
    EXPECT_EQ(made("ssl:127.0.0.1:443:hostname=example.com:timeout=5:caCertsDir=" +
                   certificate("root.pem")),
              "tls:127.0.0.1:443:timeout=5s:hostname=example.com:trustRoots=" +
                  certificate("root.pem"));
    EXPECT_EQ(made("ssl:h:443:hostname=h:certKey=" + certificate("client.pem") +
                   ":privateKey=" + certificate("client.key")),
              "tls:h:443:hostname=h:certificate=" + certificate("client.pem") +
                  ":privateKey=" + certificate("client.key"));
    EXPECT_EQ(refusal("ssl:h:443"),
              "ssl:h:443 (column 5): ssl verifies nobody without hostname=NAME; write "
              "tls:HOST:PORT, which does, with trustRoots for caCertsDir and certificate for "
              "certKey");
    EXPECT_EQ(refusal("ssl:h:443:hostname=h:caCertsDir=/nowhere"),
              "ssl:h:443:hostname=h:caCertsDir=/nowhere (column 33): caCertsDir \"/nowhere\" "
              "cannot be read: No such file or directory");
}
}
}
