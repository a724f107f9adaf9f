// SPDX-License-Identifier: BSL-1.0
#include <holdfast/stream.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace
{
namespace asio = boost::asio;
using socket = holdfast::linked_socket<asio::local::stream_protocol>;

TEST(stream_link, closes_the_socket_wherever_it_was_moved)
{
    asio::io_context context;
    socket first(context);
    socket peer(context);
    asio::local::connect_pair(first, peer);
    holdfast::stream_link link;
    tie(first, link);

    socket second(std::move(first));
    link.close();

    EXPECT_FALSE(second.is_open());
    EXPECT_TRUE(link.tied());
}

TEST(stream_link, lets_go_of_a_socket_that_was_destroyed)
{
    asio::io_context context;
    holdfast::stream_link link;
    {
        socket s(context);
        tie(s, link);
        EXPECT_TRUE(link.tied());
    }

    EXPECT_FALSE(link.tied());
    link.close(); // does nothing
}

TEST(stream_link, may_go_before_its_socket)
{
    asio::io_context context;
    socket s(context);
    {
        holdfast::stream_link link;
        tie(s, link);
    }

    socket moved(std::move(s)); // reaches for no link
    EXPECT_FALSE(moved.is_open());
}
}
