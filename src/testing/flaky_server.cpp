// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace holdfast::testing
{
namespace
{
using protocol = asio::generic::stream_protocol;
using socket_type = protocol::socket;
using acceptor_type = asio::basic_socket_acceptor<protocol>;

constexpr std::size_t received_max = 1 << 20;
constexpr duration accept_again_after = std::chrono::milliseconds(10);

// What a connection tells the server.
class audience
{
public:
    virtual void read(std::string_view bytes) = 0;
    virtual void ended(const void* connection) = 0;

protected:
    ~audience() = default;
};

class connection final : public std::enable_shared_from_this<connection>, private clock::timer
{
public:
    connection(socket_type socket, serve_step step, clock& c, std::weak_ptr<audience> server)
        : socket_(std::move(socket))
        , step_(std::move(step))
        , clock_(c)
        , server_(std::move(server))
    {
    }

    ~connection() { clock_.disarm(*this); }

    void start()
    {
        if (!step_.greeting.empty())
            send(step_.greeting);
        if (step_.end != serve_step::ending::none && step_.end_after == duration::zero())
            return end(step_.end);
        if (step_.end != serve_step::ending::none && step_.end_after != duration::max())
            clock_.arm(*this, clock_.now() + step_.end_after);
        if (step_.reads)
            read();
    }

    void send(std::string_view text)
    {
        outbox_ += text;
        if (!writing_)
            write();
    }

    // Ends it so, once all is written.
    void end(serve_step::ending how)
    {
        clock_.disarm(*this);
        if (how == serve_step::ending::reset || !writing_)
            end_now(how);
        else
            ending_ = how;
    }

    void end_now(serve_step::ending how)
    {
        error_code ignored; // the client may have gone first
        switch (how)
        {
        case serve_step::ending::none:
            return;
        case serve_step::ending::half_close:
            socket_.shutdown(socket_type::shutdown_send, ignored);
            half_closed_ = true;
            return read();
        case serve_step::ending::reset:
            socket_.set_option(asio::socket_base::linger(true, 0), ignored);
            break;
        case serve_step::ending::close:
            break;
        }
        clock_.disarm(*this);
        socket_.close(ignored);
        if (const auto server = std::exchange(server_, {}).lock())
            server->ended(this);
    }

private:
    void read()
    {
        if (std::exchange(reading_, true))
            return;
        socket_.async_read_some(asio::buffer(room_),
                                [self = shared_from_this()](error_code ec, std::size_t size)
                                {
                                    self->reading_ = false;
                                    self->have_read(ec, size);
                                });
    }

    void have_read(error_code ec, std::size_t size)
    {
        if (!socket_.is_open())
            return;
        if (ec)
            return end(serve_step::ending::close);
        const std::string_view bytes(room_.data(), size);
        if (const auto server = server_.lock())
            server->read(bytes);
        if (step_.echoes && !half_closed_)
            send(bytes);
        read_ += size;
        if (read_ >= step_.end_after_bytes && !half_closed_ && !ending_)
            end(step_.end);
        if (socket_.is_open())
            read();
    }

    void write()
    {
        writing_ = true;
        sending_ = std::exchange(outbox_, {});
        asio::async_write(socket_, asio::buffer(sending_),
                          [self = shared_from_this()](error_code ec, std::size_t)
                          {
                              self->writing_ = false;
                              self->have_written(ec);
                          });
    }

    void have_written(error_code ec)
    {
        if (!socket_.is_open())
            return;
        if (ec)
            end_now(serve_step::ending::close);
        else if (!outbox_.empty())
            write();
        else if (ending_)
            end_now(*std::exchange(ending_, std::nullopt));
    }

    void expired() override
    {
        asio::post(socket_.get_executor(),
                   [self = shared_from_this()]
                   {
                       if (self->socket_.is_open())
                           self->end(self->step_.end);
                   });
    }

    socket_type socket_;
    const serve_step step_;
    clock& clock_;
    std::weak_ptr<audience> server_;
    std::array<char, 4096> room_{};
    std::string outbox_;
    std::string sending_;
    std::size_t read_ = 0;
    std::optional<serve_step::ending> ending_; // as soon as all is written
    bool reading_ = false;
    bool writing_ = false;
    bool half_closed_ = false;
};
}

struct flaky_server::state final : std::enable_shared_from_this<state>,
                                   audience,
                                   private clock::timer
{
    state(asio::any_io_executor executor, flaky_server_options o)
        : options(std::move(o))
        , time(options.clock != nullptr ? *options.clock : default_clock(executor))
        , acceptor(std::move(executor))
    {
    }

    // Takes the port, or the path, without listening on it.
    void bind()
    {
        if (!options.path.empty())
        {
            remove_file();
            const asio::local::stream_protocol::endpoint local(options.path);
            acceptor.open(local.protocol());
            acceptor.bind(local);
            return;
        }
        const asio::ip::tcp::endpoint local(options.address, port);
        acceptor.open(local.protocol());
        acceptor.set_option(acceptor_type::reuse_address(true));
        acceptor.bind(local);
        const auto bound = acceptor.local_endpoint();
        asio::ip::tcp::endpoint named;
        named.resize(bound.size());
        std::memcpy(named.data(), bound.data(), bound.size());
        port = named.port();
    }

    void listen()
    {
        if (listening)
            return;
        if (!acceptor.is_open())
            bind();
        acceptor.listen();
        acceptor.non_blocking(true);
        listening = true;
        wait();
    }

    void stop_listening()
    {
        if (!listening)
            return;
        close_acceptor();
        if (options.path.empty())
            bind(); // whoever holds a port without listening keeps it, and refuses
    }

    void close_acceptor() noexcept
    {
        ++turn;
        listening = waiting = false;
        time.disarm(*this);
        error_code ignored; // it is closed in any case
        acceptor.close(ignored);
    }

    void stop() noexcept
    {
        close_acceptor();
        for (const auto& c : std::vector(open))
            c->end_now(serve_step::ending::close);
        if (!options.path.empty())
            remove_file();
    }

    void wait()
    {
        if (!listening || waiting || open.size() >= options.connections_max)
            return;
        waiting = true;
        acceptor.async_wait(acceptor_type::wait_read,
                            [self = shared_from_this(), mine = turn](error_code ec)
                            {
                                if (!ec && mine == self->turn)
                                    self->somebody_connected();
                            });
    }

    void somebody_connected()
    {
        const auto& step = steps.empty() ? otherwise : steps.front();
        if (step.accept_after > duration::zero())
            time.arm(*this, time.now() + step.accept_after);
        else
            accept();
    }

    void accept()
    {
        waiting = false;
        socket_type socket(acceptor.get_executor());
        error_code ec;
        acceptor.accept(socket, ec);
        if (!ec)
        {
            serve_step step = otherwise;
            if (!steps.empty())
            {
                step = std::move(steps.front());
                steps.pop_front();
            }
            ++accepted;
            open.push_back(std::make_shared<connection>(std::move(socket), std::move(step), time,
                                                        weak_from_this()));
            open_max = std::max(open_max, open.size());
            std::shared_ptr(open.back())->start();
        }
        else if (ec != asio::error::would_block) // there may be no descriptor left: not at once
        {
            waiting = true;
            return time.arm(*this, time.now() + accept_again_after);
        }
        wait();
    }

    void expired() override
    {
        asio::post(acceptor.get_executor(),
                   [self = shared_from_this(), mine = turn]
                   {
                       if (mine == self->turn)
                           self->accept();
                   });
    }

    void read(std::string_view bytes) override
    {
        received += bytes.substr(0, received_max - received.size());
    }

    void ended(const void* which) override
    {
        std::erase_if(open, [which](const auto& c) { return c.get() == which; });
        wait();
    }

    void remove_file() const
    {
        std::error_code ignored; // there may be none
        std::filesystem::remove(options.path, ignored);
    }

    flaky_server_options options;
    clock& time;
    acceptor_type acceptor;
    std::uint16_t port = 0;
    unsigned turn = 0; // by which a late report of an earlier listening is recognised
    bool listening = false;
    bool waiting = false;
    std::deque<serve_step> steps;
    serve_step otherwise = serve_step::echo();
    std::vector<std::shared_ptr<connection>> open;
    std::size_t open_max = 0;
    std::size_t accepted = 0;
    std::string received;
};

flaky_server::flaky_server(asio::any_io_executor executor, std::initializer_list<serve_step> steps,
                           flaky_server_options options)
    : state_(std::make_shared<state>(std::move(executor), std::move(options)))
{
    state_->steps = steps;
    state_->listen();
}

flaky_server::~flaky_server()
{
    state_->stop();
}

flaky_server& flaky_server::then(serve_step step)
{
    state_->steps.push_back(std::move(step));
    return *this;
}

flaky_server& flaky_server::otherwise(serve_step step)
{
    state_->otherwise = std::move(step);
    return *this;
}

std::uint16_t flaky_server::port() const noexcept
{
    return state_->port;
}

void flaky_server::stop_listening()
{
    state_->stop_listening();
}

void flaky_server::listen()
{
    state_->listen();
}

void flaky_server::close_connections()
{
    for (const auto& c : std::vector(state_->open))
        c->end_now(serve_step::ending::close);
}

void flaky_server::reset_connections()
{
    for (const auto& c : std::vector(state_->open))
        c->end_now(serve_step::ending::reset);
}

void flaky_server::send(std::string_view text)
{
    for (const auto& c : state_->open)
        c->send(text);
}

std::size_t flaky_server::accepted() const noexcept
{
    return state_->accepted;
}

std::size_t flaky_server::connections() const noexcept
{
    return state_->open.size();
}

std::size_t flaky_server::connections_max() const noexcept
{
    return state_->open_max;
}

const std::string& flaky_server::received() const noexcept
{
    return state_->received;
}
}
