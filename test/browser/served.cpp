// SPDX-License-Identifier: BSL-1.0
// A status page whose services stand as the lines of the standard input say, for a browser:
//
//   served ADDRESS [TOKEN]      prints the page's URL, and then `done` after each line
//
//   add NAME, connect NAME, fail NAME, stop NAME, remove NAME
//   fill COUNT                  replaces all by so many, most of them connected
//   pass MINUTES                lets time go by
#include "page/status_page.hpp"
#include "support/told_services.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;

class served
{
public:
    explicit served(const tool::page_options& options)
        : page_(context_.get_executor(), services_, options)
        , input_(context_, ::dup(STDIN_FILENO))
    {
        const auto at = page_.local_endpoint();
        std::cout << "http://" << at << "/" << std::endl;
    }

    void run()
    {
        read();
        context_.run();
    }

private:
    void read()
    {
        asio::async_read_until(input_, asio::dynamic_buffer(text_, 1000), '\n',
                               [this](hf::error_code ec, std::size_t n)
                               {
                                   if (ec)
                                       return page_.stop(); // the end of the input
                                   carry_out(std::istringstream(text_.substr(0, n)));
                                   text_.erase(0, n);
                                   std::cout << "done" << std::endl;
                                   read();
                               });
    }

    void carry_out(std::istringstream line)
    {
        std::string what;
        std::string name;
        line >> what >> name;
        if (what == "add")
            services_.add(name);
        else if (what == "connect")
            services_.connect(name);
        else if (what == "fail")
            services_.fail(name);
        else if (what == "stop")
            services_.stop(name);
        else if (what == "remove")
            services_.remove(name);
        else if (what == "fill")
            fill(std::stoi(name));
        else if (what == "pass")
            passed_ += std::chrono::minutes(std::stoi(name));
        else
            throw std::invalid_argument("served: " + what + " is nothing that can be done");
    }

    void fill(int count)
    {
        services_.replace({});
        for (int n = 0; n < count; ++n)
        {
            const auto name = "service-" + std::to_string(n);
            services_.add(name);
            services_.connect(name);
            if (n % 97 == 3)
                services_.fail(name);
            else if (n % 211 == 5)
                services_.stop(name);
        }
    }

    asio::io_context context_;
    hf::duration passed_{};
    support::told_services services_{[this] { return std::chrono::steady_clock::now() + passed_; }};
    tool::status_page page_;
    asio::posix::stream_descriptor input_;
    std::string text_;
};
}

int main(int argc, char** argv)
try
{
    if (argc < 2)
        throw std::invalid_argument("usage: served ADDRESS [TOKEN]");
    served({.address = argv[1], .token = argc > 2 ? argv[2] : ""}).run();
}
catch (const std::exception& e)
{
    std::cerr << e.what() << '\n';
    return 1;
}
