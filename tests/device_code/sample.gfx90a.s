_Z11sample_loopILi128ELb0EEvPK15HIP_vector_typeIfLj4EEPKfPfi: ; @_Z11sample_loopILi128ELb0EEvPK15HIP_vector_typeIfLj4EEPKfPfi
; %bb.0:
        s_load_dword s8, s[4:5], 0x18
        s_load_dwordx4 s[0:3], s[4:5], 0x0
        s_load_dwordx2 s[6:7], s[4:5], 0x10
        s_waitcnt lgkmcnt(0)
        s_cmp_gt_i32 s8, 0
        s_cbranch_scc1 .LBB2_2
; %bb.1:
        v_mov_b32_e32 v1, 0
        v_mov_b32_e32 v11, 0
        s_cbranch_execz .LBB2_3
        s_branch .LBB2_5
.LBB2_2:
        v_mov_b32_e32 v11, 0
.LBB2_3:
        v_add_u32_e32 v1, 1, v0
        v_and_b32_e32 v1, 0x7f, v1
        v_lshlrev_b32_e32 v6, 2, v1
        v_add_u32_e32 v1, 2, v0
        v_and_b32_e32 v1, 0x7f, v1
        v_lshlrev_b32_e32 v7, 2, v1
        v_add_u32_e32 v1, 3, v0
        v_and_b32_e32 v1, 0x7f, v1
        v_lshlrev_b32_e32 v8, 2, v1
        v_add_u32_e32 v1, 4, v0
        v_and_b32_e32 v1, 0x7f, v1
        v_lshlrev_b32_e32 v9, 2, v1
        v_add_u32_e32 v1, 5, v0
        v_and_b32_e32 v1, 0x7f, v1
        v_lshlrev_b32_e32 v10, 2, v1
        v_add_u32_e32 v1, 6, v0
        v_and_b32_e32 v1, 0x7f, v1
        v_lshlrev_b32_e32 v12, 2, v1
        v_add_u32_e32 v1, 7, v0
        v_lshlrev_b32_e32 v5, 4, v0
        v_and_b32_e32 v1, 0x7f, v1
        v_lshlrev_b32_e32 v13, 2, v1
        s_add_u32 s2, s2, 28
        v_mov_b32_e32 v1, 0
        v_mov_b32_e32 v3, s1
        v_add_co_u32_e32 v2, vcc, s0, v5
        v_lshlrev_b32_e32 v4, 2, v0
        s_addc_u32 s3, s3, 0
        s_mov_b32 s4, 0
        v_addc_co_u32_e32 v3, vcc, 0, v3, vcc
        v_mov_b32_e32 v11, v1
.LBB2_4:                                ; =>This Inner Loop Header: Depth=1
        global_load_dwordx4 v[14:17], v[2:3], off
        s_addk_i32 s4, 0x80
        v_add_co_u32_e32 v2, vcc, 0x800, v2
        v_addc_co_u32_e32 v3, vcc, 0, v3, vcc
        s_waitcnt vmcnt(0)
        ds_write_b128 v5, v[14:17]
        s_waitcnt lgkmcnt(0)
        s_barrier
        s_waitcnt lgkmcnt(0)
        s_load_dwordx8 s[12:19], s[2:3], -0x1c
        ds_read_b32 v14, v4
        ds_read_b32 v15, v6
        ds_read_b32 v16, v7
        ds_read_b32 v17, v8
        ds_read_b32 v18, v9
        ds_read_b32 v19, v10
        ds_read_b32 v20, v12
        ds_read_b32 v21, v13
        s_add_u32 s2, s2, 0x200
        s_addc_u32 s3, s3, 0
        s_cmp_ge_i32 s4, s8
        s_waitcnt lgkmcnt(0)
        v_fmac_f32_e32 v11, s12, v14
        v_fmac_f32_e32 v11, s13, v15
        v_fmac_f32_e32 v11, s14, v16
        v_fmac_f32_e32 v11, s15, v17
        v_fmac_f32_e32 v11, s16, v18
        v_fmac_f32_e32 v11, s17, v19
        v_fmac_f32_e32 v11, s18, v20
        v_fmac_f32_e32 v11, s19, v21
        s_waitcnt lgkmcnt(0)
        s_barrier
        s_waitcnt lgkmcnt(0)
        s_cbranch_scc0 .LBB2_4
.LBB2_5:
        v_lshlrev_b64 v[0:1], 2, v[0:1]
        v_mov_b32_e32 v2, s7
        v_add_co_u32_e32 v0, vcc, s6, v0
        v_addc_co_u32_e32 v1, vcc, v2, v1, vcc
        global_store_dword v[0:1], v11, off
        s_endpgm
        .section        .rodata,#alloc
        .p2align        6
        .amdhsa_kernel _Z11sample_loopILi128ELb0EEvPK15HIP_vector_typeIfLj4EEPKfPfi
                .amdhsa_group_segment_fixed_size 2048
                .amdhsa_private_segment_fixed_size 0
                .amdhsa_kernarg_size 28
                .amdhsa_user_sgpr_count 6
                .amdhsa_user_sgpr_private_segment_buffer 1
                .amdhsa_user_sgpr_dispatch_ptr 0
                .amdhsa_user_sgpr_queue_ptr 0
                .amdhsa_user_sgpr_kernarg_segment_ptr 1
                .amdhsa_user_sgpr_dispatch_id 0
                .amdhsa_user_sgpr_flat_scratch_init 0
                .amdhsa_user_sgpr_private_segment_size 0
                .amdhsa_uses_dynamic_stack 0
                .amdhsa_system_sgpr_private_segment_wavefront_offset 0
                .amdhsa_system_sgpr_workgroup_id_x 1
                .amdhsa_system_sgpr_workgroup_id_y 0
                .amdhsa_system_sgpr_workgroup_id_z 0
                .amdhsa_system_sgpr_workgroup_info 0
                .amdhsa_system_vgpr_workitem_id 0
                .amdhsa_next_free_vgpr 22
                .amdhsa_next_free_sgpr 20
                .amdhsa_accum_offset 24
                .amdhsa_reserve_flat_scratch 0
                .amdhsa_reserve_xnack_mask 1
                .amdhsa_float_round_mode_32 0
                .amdhsa_float_round_mode_16_64 0
                .amdhsa_float_denorm_mode_32 3
                .amdhsa_float_denorm_mode_16_64 3
                .amdhsa_dx10_clamp 1
                .amdhsa_ieee_mode 1
                .amdhsa_fp16_overflow 0
                .amdhsa_tg_split 0
                .amdhsa_exception_fp_ieee_invalid_op 0
                .amdhsa_exception_fp_denorm_src 0
                .amdhsa_exception_fp_ieee_div_zero 0
                .amdhsa_exception_fp_ieee_overflow 0
                .amdhsa_exception_fp_ieee_underflow 0
                .amdhsa_exception_fp_ieee_inexact 0
                .amdhsa_exception_int_div_zero 0
        .end_amdhsa_kernel
        .section        .text._Z11sample_loopILi128ELb0EEvPK15HIP_vector_typeIfLj4EEPKfPfi,#alloc,#execinstr
.Lfunc_end2:
        .amdgpu_metadata
---
amdhsa.kernels:
  - .agpr_count:     0
    .args:
      - .address_space:  global
        .offset:         0
        .size:           8
        .value_kind:     global_buffer
      - .offset:         8
        .size:           4
        .value_kind:     by_value
    .group_segment_fixed_size: 0
    .kernarg_segment_align: 8
    .kernarg_segment_size: 12
    .language:       OpenCL C
    .language_version:
      - 2
      - 0
    .max_flat_workgroup_size: 1024
    .name:           _Z13sample_spillsPfi
    .private_segment_fixed_size: 1780
    .sgpr_count:     14
    .sgpr_spill_count: 0
    .symbol:         _Z13sample_spillsPfi.kd
    .uses_dynamic_stack: false
    .vgpr_count:     128
    .vgpr_spill_count: 576
    .wavefront_size: 64
  - .agpr_count:     0
    .args:
      - .address_space:  global
        .offset:         0
        .size:           8
        .value_kind:     global_buffer
    .group_segment_fixed_size: 0
    .kernarg_segment_align: 8
    .kernarg_segment_size: 8
    .language:       OpenCL C
    .language_version:
      - 2
      - 0
    .max_flat_workgroup_size: 1023
    .name:           _ZL16sample_unboundedPf
    .private_segment_fixed_size: 0
    .sgpr_count:     6
    .sgpr_spill_count: 0
    .symbol:         _ZL16sample_unboundedPf.kd
    .uses_dynamic_stack: false
    .vgpr_count:     2
    .vgpr_spill_count: 0
    .wavefront_size: 64
  - .agpr_count:     0
    .args:
      - .address_space:  global
        .offset:         0
        .size:           8
        .value_kind:     global_buffer
      - .address_space:  global
        .offset:         8
        .size:           8
        .value_kind:     global_buffer
      - .address_space:  global
        .offset:         16
        .size:           8
        .value_kind:     global_buffer
      - .offset:         24
        .size:           4
        .value_kind:     by_value
    .group_segment_fixed_size: 2048
    .kernarg_segment_align: 8
    .kernarg_segment_size: 28
    .language:       OpenCL C
    .language_version:
      - 2
      - 0
    .max_flat_workgroup_size: 128
    .name:           _Z11sample_loopILi128ELb0EEvPK15HIP_vector_typeIfLj4EEPKfPfi
    .private_segment_fixed_size: 0
    .sgpr_count:     22
    .sgpr_spill_count: 0
    .symbol:         _Z11sample_loopILi128ELb0EEvPK15HIP_vector_typeIfLj4EEPKfPfi.kd
    .uses_dynamic_stack: false
    .vgpr_count:     22
    .vgpr_spill_count: 0
    .wavefront_size: 64
amdhsa.target:   amdgcn-amd-amdhsa--gfx90a
amdhsa.version:
  - 1
  - 1
...

        .end_amdgpu_metadata
