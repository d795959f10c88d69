# The course, set up: the first build takes 15 to 45 minutes, a start some seconds.
#
#   docker build --tag segmenta .
#   docker run --rm --init --publish 127.0.0.1:8888:8888 --volume segmenta-work:/home/learner/segmenta/work segmenta
#
# .devcontainer/ and Binder build from this file too. Binder names the user, and calls `jupyter` itself.
FROM rust:1.95.0-slim-bookworm

# Chromium saves figures as PNG and SVG. Debian keeps no older versions, so none are named.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates chromium fonts-dejavu-core python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

# The compiler of this image, and not the newest one that rust-toolchain.toml would fetch.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN rustup component add clippy rustfmt rust-src

ARG NB_USER=learner
ARG NB_UID=1000
ENV HOME=/home/$NB_USER
RUN useradd --create-home --home-dir "$HOME" --shell /bin/bash --uid "$NB_UID" "$NB_USER" \
    && install --directory --owner="$NB_UID" "$HOME/segmenta"
USER $NB_USER
WORKDIR $HOME/segmenta
COPY --chown=$NB_UID . .

# A lesson runs here once, so that an image that was made is one that works.
RUN cargo xtask run 01 && rm -rf target/lessons && mkdir work

# What Binder starts; the lab itself does without.
ENV PATH=$HOME/segmenta/target/lab/venv/bin:$PATH
RUN python -m pip install --quiet --no-cache-dir --constraint xtask/kernel/requirements.txt notebook==7.6.5

EXPOSE 8888
CMD ["cargo", "xtask", "lab", "--no-browser", "--ip", "0.0.0.0"]
