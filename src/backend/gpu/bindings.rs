//! The buffers of each shader by name. A table is written once; bind-group layouts and bind groups are made from it, and `tests/integration/shaders.rs`
//! compares it with the variables of the WGSL modules.

/// How a shader accesses a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Uniform,
    Read,
    ReadWrite,
}

/// A buffer variable of a shader. Its `@binding` number is its index in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub name: &'static str,
    pub access: Access,
}

/// The buffers of a shader's bind group.
pub trait BindingTable {
    const BINDINGS: &'static [Binding];

    /// The buffers in the order of [`Self::BINDINGS`].
    fn buffers(&self) -> Vec<&wgpu::Buffer>;
}

macro_rules! binding_table {
    ($(#[$doc:meta])* $table:ident { $($name:ident: $access:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $table<'b> {
            $(pub $name: &'b wgpu::Buffer,)*
        }

        impl BindingTable for $table<'_> {
            const BINDINGS: &'static [Binding] = &[$(Binding { name: stringify!($name), access: Access::$access },)*];

            fn buffers(&self) -> Vec<&wgpu::Buffer> {
                vec![$(self.$name),*]
            }
        }
    };
}

binding_table! {
    /// Buffers of the training shader, `shaders/run_state.wgsl`.
    TrainBindings {
        params: Uniform,
        batch_moments: Uniform,
        step_tables: Read,
        rows: Read,
        inputs: Read,
        state: ReadWrite,
        statistics: ReadWrite,
        history: ReadWrite,
        epoch_series: ReadWrite,
        step_inputs: Uniform,
        joined_moments: Read,
    }
}

binding_table! {
    /// Buffers of the shaders that build batches, `shaders/data/batch_window.wgsl`.
    WindowBindings {
        params: Uniform,
        seeds: Read,
        terms: Read,
        permutations: ReadWrite,
        joined_moments: ReadWrite,
        rows: ReadWrite,
    }
}

binding_table! {
    /// Buffers of `shaders/metrics.wgsl`.
    MetricsBindings {
        params: Uniform,
        row_pairs: Uniform,
        points: Read,
        sums: ReadWrite,
    }
}

binding_table! {
    /// Buffers of `shaders/surface.wgsl`.
    SurfaceBindings {
        params: Uniform,
        columns: Read,
        bias_offsets: Read,
        cells: ReadWrite,
    }
}

binding_table! {
    /// Buffers of `shaders/limits.wgsl`.
    LimitBindings {
        params: Uniform,
        output: ReadWrite,
    }
}

binding_table! {
    /// Buffers of a probe, an entry point that calls one function.
    ProbeBindings {
        probe_input: Read,
        probe_output: ReadWrite,
    }
}
