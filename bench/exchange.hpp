// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_BENCH_EXCHANGE_HPP
#define HOLDFAST_BENCH_EXCHANGE_HPP

#include "measure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace bench
{
namespace asio = boost::asio;
using boost::system::error_code;

inline void print_exchanges(const lap& measured)
{
    std::printf("{\"cpu\": %.9f, \"wall\": %.9f}\n", measured.processor(), measured.wall());
}

/// Writes a chunk and reads its echo, again and again, with callbacks: the same code for every
/// stream, bare or of the library. Calls `done` after the last.
template <class Stream, class Done>
class exchange
{
public:
    exchange(Stream& stream, std::size_t size, long count, Done done)
        : stream_(stream)
        , data_(size, 'x')
        , lap_(count)
        , done_(std::move(done))
    {
    }

    void start()
    {
        asio::async_write(stream_, asio::buffer(data_),
                          [this](error_code error, std::size_t)
                          {
                              if (error)
                                  std::abort(); // the server is ours and does not fail
                              read();
                          });
    }

private:
    void read()
    {
        asio::async_read(stream_, asio::buffer(data_),
                         [this](error_code error, std::size_t)
                         {
                             if (error)
                                 std::abort();
                             if (lap_.next())
                                 return start();
                             print_exchanges(lap_);
                             done_();
                         });
    }

    Stream& stream_;
    std::vector<char> data_;
    lap lap_;
    Done done_;
};

/// The same, in a coroutine.
template <class Stream>
asio::awaitable<void> exchange_in_coroutine(Stream& stream, std::size_t size, long count)
{
    std::vector<char> data(size, 'x');
    lap measured(count);
    do
    {
        co_await asio::async_write(stream, asio::buffer(data), asio::deferred);
        co_await asio::async_read(stream, asio::buffer(data), asio::deferred);
    } while (measured.next());
    print_exchanges(measured);
}
}

#endif
